// The official TypeScript SDK: every scenario under the name that `cargo xtask interop` knows it by.
import { play, told } from './talk.mjs';
import { bridge } from './typescript/bridge.mjs';
import { journey, letIn } from './typescript/journey.mjs';
import { auto, first, legacy, modern } from './typescript/sdks.mjs';
import { everything, filesystem } from './typescript/upstreams.mjs';

/** A server of others, at this endpoint. */
async function behind(service, use) {
  const { client } = await letIn(auto, told.endpoints[service], { name: `TypeScript SDK for ${service}` });
  await use(client);
  await client.close();
}

await play({
  'typescript-2026-07-28': () => journey(modern),
  'typescript-2025-11-25': () => journey(legacy),
  'typescript-1': () => journey(first),
  bridge,
  'everything-http': () => behind('everything', everything),
  'everything-stdio': () => behind('everything-stdio', everything),
  'filesystem-stdio': () => behind('files', filesystem),
});
