// Servers of others behind the gateway, in the hands of the SDK.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { told } from '../talk.mjs';

const text = ({ content }) => content[0].text;

/** server-everything: plain, structured and failing answers, progress, resources and prompts. */
export async function everything(client) {
  const { tools } = await client.listTools();
  for (const wanted of ['echo', 'get-sum', 'get-structured-content', 'trigger-long-running-operation']) {
    assert(tools.some(({ name }) => name === wanted), `${wanted} is missing among ${tools.map(({ name }) => name)}`);
  }
  const call = (name, given, options) => client.callTool({ name, arguments: given }, options);
  assert.match(text(await call('echo', { message: 'Grüße, 世界' })), /Grüße, 世界/);
  assert.match(text(await call('get-sum', { a: 2, b: 40 })), /42/);
  const { structuredContent } = await call('get-structured-content', { location: 'Chicago' });
  assert.equal(typeof structuredContent.temperature, 'number');
  const seen = [];
  const options = { onprogress: ({ progress }) => seen.push(progress) };
  await call('trigger-long-running-operation', { duration: 1, steps: 4 }, options);
  assert.deepEqual(seen, [1, 2, 3, 4]);
  // Not what the tool's schema asks for: refused before it is forwarded, or by the server.
  const wrong = await call('get-sum', { a: 'two', b: 40 }).then(({ isError }) => isError, () => true);
  assert.equal(wrong, true);
}

/** server-filesystem: a folder of this machine, read through the gateway. */
export async function filesystem(client) {
  const path = join(told.folder, 'note.txt');
  await writeFile(path, 'what is read\n');
  const read = await client.callTool({ name: 'read_text_file', arguments: { path } });
  assert.equal(text(read).trim(), 'what is read');
  const listed = await client.callTool({ name: 'list_directory', arguments: { path: told.folder } });
  assert.match(text(listed), /note\.txt/);
  // Outside of its folder the server itself refuses.
  const outside = await client.callTool({ name: 'read_text_file', arguments: { path: '/etc/passwd' } });
  assert.equal(outside.isError, true);
  // It writes, so nobody offered it to a client that names nothing.
  await assert.rejects(client.callTool({ name: 'write_file', arguments: { path, content: 'overwritten' } }));
  assert.equal(await readFile(path, 'utf8'), 'what is read\n');
}
