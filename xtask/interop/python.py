"""The official Python SDK: every scenario under the name that `cargo xtask interop` knows it by.

It talks with xtask as the scripts of node do (talk.mjs): a line of JSON each.
"""

import asyncio
import json
import logging
import sys
import traceback
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlparse

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

CALLBACK = "http://127.0.0.1:4999/callback"


def say(what):
    print(json.dumps(what), flush=True)


async def hear():
    line = await asyncio.to_thread(sys.stdin.readline)
    assert line, "nobody answers"
    return json.loads(line)


@dataclass
class Kept:
    """What the SDK keeps for its user; and the person, who goes where it sends them."""

    tokens: object = None
    registered: object = None
    sent: list = field(default_factory=list)
    asked: int = 0

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.registered

    async def set_client_info(self, registered):
        self.registered = registered

    async def redirect(self, url):
        self.sent.append(url)

    async def decided(self):
        """A person approves, the first time; later they deny."""
        say({"visit": self.sent[-1], "decision": {"deny": len(self.sent) > 1}})
        heard = await hear()
        assert "location" in heard, heard
        back = {name: values[0] for name, values in parse_qs(urlparse(heard["location"]).query).items()}
        assert "code" in back, back
        return AuthorizationCodeResult(code=back["code"], state=back.get("state"), iss=back.get("iss"))


def http(kept, url, revision):
    metadata = OAuthClientMetadata(
        client_name=f"Python SDK, {revision}",
        redirect_uris=[CALLBACK],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
    )
    provider = OAuthClientProvider(
        server_url=url,
        client_metadata=metadata,
        storage=kept,
        redirect_handler=kept.redirect,
        callback_handler=kept.decided,
    )
    return httpx2.AsyncClient(auth=provider, timeout=httpx2.Timeout(60))


async def called(told, tool):
    async with httpx2.AsyncClient() as plain:
        return (await plain.get(told["called"])).json().get(tool, 0)


async def revokes(told, kept):
    async with httpx2.AsyncClient() as plain:
        known = (await plain.get(f"{told['issuer']}/.well-known/oauth-authorization-server")).json()
        said = {"token": kept.tokens.access_token, "client_id": kept.registered.client_id}
        answer = await plain.post(known["revocation_endpoint"], data=said)
        assert answer.status_code == 200, answer


async def refused(coroutine):
    """What a call was refused with."""
    try:
        answer = await coroutine
    except BaseException as error:  # the SDK's task groups wrap what went wrong
        return error
    raise AssertionError(f"answered: {answer}")


async def connected(told, kept, mode, revision, use):
    """Connects, and does something with the client."""
    url = told["endpoints"]["upstream"]
    async with http(kept, url, revision) as over:
        async with Client(streamable_http_client(url, http_client=over), mode=mode) as client:
            assert client.protocol_version == revision, client.protocol_version
            return await use(client)


async def journey(told, mode, revision):
    kept = Kept()

    async def works(client):
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "test_simple_text" in names and "test_write" not in names, names
        answer = await client.call_tool("test_simple_text", {})
        assert answer.content[0].text == "This is a simple text response for testing.", answer

    async def not_granted(client):
        await client.call_tool("test_write", {"note": "not granted"})

    async def given_back(client):
        await client.call_tool("test_simple_text", {})
        kept.asked = len(kept.sent)
        await revokes(told, kept)
        await client.call_tool("test_simple_text", {})

    await connected(told, kept, mode, revision, works)
    assert len(kept.sent) == 1 and kept.tokens.refresh_token is None
    # From here on with the token that is kept: nobody is asked again.
    before = await called(told, "test_write")
    await refused(connected(told, kept, mode, revision, not_granted))
    assert await called(told, "test_write") == before, "it reached the upstream"
    await refused(connected(told, kept, mode, revision, given_back))
    assert kept.asked and len(kept.sent) > kept.asked, "nobody is asked anew"


async def main():
    # What went wrong is in the exceptions.
    logging.disable(logging.ERROR)
    told = await hear()
    scenarios = {
        "python-2026-07-28": lambda: journey(told, "auto", "2026-07-28"),
        "python-2025-11-25": lambda: journey(told, "legacy", "2025-11-25"),
    }
    for name, run in scenarios.items():
        try:
            await run()
            say({"scenario": name})
        except BaseException:
            say({"scenario": name, "failed": traceback.format_exc()})


asyncio.run(main())
