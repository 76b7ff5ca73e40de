// A server that has whatever the conformance suite asks of one, in both eras at one address. It is what stands behind
// the gateway, and what the suite is run against directly to know what the gateway may not lose.
//
//   upstream.mjs [--port N] [--secret FILE]
//
// With a secret it answers nobody else: whoever is answered through the gateway was given it by the gateway. How often
// each tool was called, it says to anybody at /called.
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler, hostHeaderValidationResponse, isLegacyRequest, localhostAllowedHostnames, localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server';
import { called, server } from './upstream/server.mjs';
import { sessions } from './upstream/sessions.mjs';

const { values: asked } = parseArgs({
  options: { port: { type: 'string', default: '0' }, secret: { type: 'string' } },
});
const secret = asked.secret && Buffer.from(`Bearer ${readFileSync(asked.secret, 'utf8').trim()}`);

/** Tells every stream that listens: the tools or the prompts are no longer what they were. */
const changed = {
  tools: () => modern.notify.toolsChanged(),
  prompts: () => modern.notify.promptsChanged(),
};
const modern = createMcpHandler(({ era }) => server(era, changed), { legacy: 'reject' });
const legacy = sessions(() => server('legacy', changed));

function known(request) {
  const said = Buffer.from(request.headers.get('authorization') ?? '');
  return said.length === secret.length && timingSafeEqual(said, secret);
}

async function answer(request) {
  const rebound = hostHeaderValidationResponse(request, localhostAllowedHostnames())
    ?? originValidationResponse(request, localhostAllowedOrigins());
  if (rebound) return rebound;
  const { pathname } = new URL(request.url);
  if (pathname === '/called') return Response.json(Object.fromEntries(called));
  if (pathname !== '/mcp') return new Response('there are only /mcp and /called', { status: 404 });
  if (secret && !known(request)) return new Response('the secret is missing or another', { status: 401 });
  return await isLegacyRequest(request) ? legacy(request) : modern.fetch(request);
}

const listening = createServer(toNodeHandler({ fetch: answer }));
listening.listen(Number(asked.port), '127.0.0.1', () => {
  console.log(JSON.stringify({ listening: `http://127.0.0.1:${listening.address().port}/mcp` }));
});
