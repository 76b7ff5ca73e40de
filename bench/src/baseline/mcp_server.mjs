// The MCP server that stands behind the gateway and its peers: as little as can be called one, in both eras of the protocol.
// `look` answers at once, as JSON; `hold` opens a stream, says that it began, and answers when GET /release is asked.
import { createServer } from 'node:http';

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const info = { name: 'bench', version: '1.0.0' };
const capabilities = { tools: {} };
const tool = (name, about) => ({
  name,
  description: about,
  inputSchema: { type: 'object', properties: { item: { type: 'string' }, count: { type: 'integer' } }, required: ['item'] },
  annotations: { readOnlyHint: true },
});
const tools = [tool('look', 'Looks something up.'), tool('hold', 'Answers later.')];
const text = { type: 'text', text: 'forty-two items, of which seven are open' };
const held = new Set();

const results = {
  initialize: ({ protocolVersion }) => ({ protocolVersion: protocolVersion ?? LEGACY, capabilities, serverInfo: info }),
  'server/discover': () => ({
    resultType: 'complete', supportedVersions: [MODERN], capabilities, ttlMs: 0, cacheScope: 'private',
    _meta: { 'io.modelcontextprotocol/serverInfo': info },
  }),
  'tools/list': () => ({ tools }),
  'tools/call': () => ({ content: [text] }),
  ping: () => ({}),
};

function said(response, message) {
  const body = JSON.stringify(message);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function hold(response, id, modern) {
  const event = (message) => response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  const params = { level: 'info', data: 'begun' };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  event({ jsonrpc: '2.0', method: 'notifications/message', params });
  const release = () => {
    const result = { ...(modern && { resultType: 'complete' }), ...results['tools/call']() };
    event({ jsonrpc: '2.0', id, result });
    response.end();
  };
  held.add(release);
  response.on('close', () => held.delete(release));
}

createServer((request, response) => {
  if (request.method === 'GET') {
    if (request.url !== '/release') return response.writeHead(405).end();
    for (const release of held) release();
    return response.end('released');
  }
  let body = '';
  request.setEncoding('utf8').on('data', (piece) => { body += piece; }).on('end', () => {
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return response.writeHead(202).end();
    const modern = request.headers['mcp-protocol-version'] === MODERN;
    if (params?.name === 'hold') return hold(response, id, modern);
    const result = results[method]?.(params ?? {});
    if (!result) return said(response, { jsonrpc: '2.0', id, error: { code: -32601, message: 'there is no such method' } });
    if (modern && !result.resultType) result.resultType = 'complete';
    said(response, { jsonrpc: '2.0', id, result });
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
