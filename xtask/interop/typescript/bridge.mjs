// A client that knows neither HTTP nor OAuth: the command line is its server, and asks for what it was told to ask for.
import assert from 'node:assert/strict';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { findsSoon, told } from '../talk.mjs';
import { legacy } from './sdks.mjs';

const purpose = 'Bridge 7K-42';

export async function bridge() {
  const { program: command, env } = told.bridge;
  const args = ['mcp', 'upstream', '--action', 'test_simple_text', '--purpose', purpose];
  const client = legacy.client();
  const granted = new Promise((resolve) => {
    client.setNotificationHandler('notifications/tools/list_changed', resolve);
  });
  await client.connect(new StdioClientTransport({ command, args, env }));
  assert.deepEqual((await client.listTools()).tools, [], 'nobody granted anything yet');
  await findsSoon(purpose);
  await granted;
  const { tools } = await client.listTools(undefined, { cacheMode: 'refresh' });
  assert.deepEqual(tools.map(({ name }) => name), ['test_simple_text']);
  const { content } = await client.callTool({ name: 'test_simple_text', arguments: {} });
  assert.equal(content[0].text, 'This is a simple text response for testing.');
  await client.close();
}
