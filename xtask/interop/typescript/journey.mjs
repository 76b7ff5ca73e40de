// What a user of the SDK goes through: 401, discovery, registration, a person's card, tools, calls, and in the end 401.
import assert from 'node:assert/strict';
import { told } from '../talk.mjs';
import { Provider } from './provider.mjs';

const nothing = { client: undefined };

/** Connects as somebody whom nobody let in yet; a person approves; a client that is connected. */
export async function letIn(sdk, url, { name = 'TypeScript SDK', decision, options } = {}) {
  const provider = new Provider(`${name}, ${sdk.revision}`);
  const refused = sdk.transport(url, provider);
  await assert.rejects(sdk.client(options).connect(refused), sdk.UnauthorizedError);
  assert.equal(new URL(provider.at).searchParams.get('resource'), url);
  await sdk.finish(refused, await provider.approved(decision));
  assert(provider.kept.access_token && !provider.kept.refresh_token);
  const client = sdk.client(options);
  const transport = sdk.transport(url, provider);
  await client.connect(transport);
  return { client, provider, transport };
}

/** How often a tool of the upstream was called, as it says itself. */
export async function called(tool) {
  return (await (await fetch(told.called)).json())[tool] ?? 0;
}

export async function journey(sdk) {
  const url = told.endpoints.upstream;
  const { client, provider, transport } = await letIn(sdk, url);
  const negotiated = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
  assert.equal(negotiated, sdk.revision);

  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  assert(names.includes('test_simple_text'), names.join());
  assert(!names.includes('test_write'), 'it was not granted');
  const { content, isError } = await client.callTool({ name: 'test_simple_text', arguments: {} });
  assert.deepEqual([content[0].text, isError ?? false], ['This is a simple text response for testing.', false]);

  const before = await called('test_write');
  await assert.rejects(client.callTool({ name: 'test_write', arguments: { note: 'not granted' } }));
  assert.equal(await called('test_write'), before, 'it reached the upstream');

  await provider.revokes(told.issuer);
  delete provider.at;
  await assert.rejects(client.callTool({ name: 'test_simple_text', arguments: {} }), sdk.UnauthorizedError);
  assert(provider.at, 'nobody is asked anew');
  await client.close().catch(() => nothing);
}
