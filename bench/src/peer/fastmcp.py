# FastMCP's proxy as it is measured: no sessions, answers as JSON, nothing logged.
import sys

from fastmcp.server import create_proxy

server, port = sys.argv[1:]
create_proxy(server, name="bench").run(
    transport="http",
    host="127.0.0.1",
    port=int(port),
    stateless_http=True,
    json_response=True,
    show_banner=False,
    log_level="ERROR",
)
