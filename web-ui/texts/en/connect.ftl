# How an agent comes to use this broker.

connect-title = Connect an agent
connect-no-agent = <b>There is no agent to connect.</b> Register one first; it gets a name and a secret or key.
connect-agent = Agent
connect-choose = Choose
connect-client = By what means
connect-command = Command line
connect-coding = Coding agent
connect-http = Plain HTTP
connect-rust = Rust
connect-coding-note = For Claude Code, Cursor, Codex and others that can run a command: the countersign command, and a text for the file that the agent reads first. For tools of MCP servers, see “MCP client”.
connect-step-environment = Say where the broker is and who the agent is. The secret stays in a file of its own.
connect-step-look = Look at what may be asked for.
connect-step-ask = Ask. It prints a link and a code for the person who decides.
connect-step-wait = Wait for the decision, then redeem it; that works once.
connect-step-call = Call through the broker, then end the session.
connect-step-paste = Paste this into the file that your agent reads first (CLAUDE.md, AGENTS.md, .cursor/rules).
connect-step-token = The token for asking.
connect-step-rust = Ask, wait, redeem with the crate agent-client.
connect-waiting = Waiting for the first request of { $agent }…
connect-came = <b>{ $agent } has come:</b> it asked { $ago }. Waiting for its first call… What it asks for waits in the <inbox>inbox</inbox> for a decision.
connect-called = <b>{ $agent } is connected:</b> its last call was { $ago }.
connect-look-again = Look again
connect-more = Agents read all of this by themselves at <code>/docs/agent</code>, and the API at <code>/openapi.json</code>.

## MCP clients

connect-mcp = MCP client
connect-server = MCP server
connect-no-server = <b>No MCP server is connected.</b> An admin adds one under Services; then its address stands here.
connect-mcp-note = No agent has to be registered for a client that speaks OAuth: at its first call the client opens a browser, a person signs in here and decides which tools it gets and for how long. It sees only those, and every call is on the record.
connect-mcp-claude = Claude Code, by its command:
connect-mcp-json = Claude Code, in the project’s .mcp.json:
connect-mcp-cursor = Cursor, in ~/.cursor/mcp.json:
connect-mcp-code = VS Code, in .vscode/mcp.json:
connect-mcp-all = All servers at one address; the person chooses which, and the names of tools begin with their server’s:
connect-mcp-stdio = Clients without HTTP or OAuth, by the countersign command as a registered agent:

## The API

docs-title = API
docs-where = For agents there is a <agent>start page</agent>. The whole as OpenAPI 3.1: <document>openapi.json</document>.
docs-agents = What agents do
docs-calls = Calls
docs-people = What people do, by token
docs-others = Everything else
docs-takes = Takes
docs-gives = Gives
