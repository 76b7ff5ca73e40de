// The tools of mcp_server.mjs in a server by the official SDK, written as its documentation says, in both eras of the protocol.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler, fromJsonSchema } from '@modelcontextprotocol/server';

const inputSchema = fromJsonSchema({
  type: 'object', properties: { item: { type: 'string' }, count: { type: 'integer' } }, required: ['item'],
});
const annotations = { readOnlyHint: true };
const answer = () => ({ content: [{ type: 'text', text: 'forty-two items, of which seven are open' }] });

function server() {
  const it = new McpServer({ name: 'bench', version: '1.0.0' });
  it.registerTool('look', { description: 'Looks something up.', inputSchema, annotations }, answer);
  it.registerTool('hold', { description: 'Answers later.', inputSchema, annotations }, answer);
  return it;
}

createServer(toNodeHandler(createMcpHandler(server))).listen(Number(process.argv[2]), '127.0.0.1');
