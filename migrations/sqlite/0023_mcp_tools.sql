-- What MCP servers say of themselves: every definition of a tool that was seen, the methods they have beside tools, and how
-- they introduce themselves. What of it is offered now are the actions of its service; the rest is kept so that a person
-- sees what changed since something was granted. It is counted with what admins declare.
CREATE TABLE mcp_tools (
    service    TEXT   NOT NULL REFERENCES services (id),
    name       TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    definition TEXT   NOT NULL,          -- JSON, as the server wrote it
    first_seen BIGINT NOT NULL,
    since      BIGINT NOT NULL,          -- when it was offered or went, last
    current    BIGINT NOT NULL,          -- whether the server offers it now
    PRIMARY KEY (service, name, digest)
);
CREATE UNIQUE INDEX mcp_tools_current ON mcp_tools (service, name) WHERE current = 1;

CREATE TRIGGER mcp_tools_insert_counts AFTER INSERT ON mcp_tools
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER mcp_tools_update_counts AFTER UPDATE ON mcp_tools
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER mcp_tools_delete_counts AFTER DELETE ON mcp_tools
BEGIN UPDATE revision SET number = number + 1; END;
