// The official TypeScript SDK: every scenario under the name that `cargo xtask interop` knows it by.
import { play, told } from './talk.mjs';
import { journey } from './typescript/journey.mjs';
import { first, legacy, modern } from './typescript/sdks.mjs';
import { everything, filesystem } from './typescript/upstreams.mjs';

await play({
  'typescript-2026-07-28': () => journey(modern),
  'typescript-2025-11-25': () => journey(legacy),
  'typescript-1': () => journey(first),
  'everything-http': () => everything(told.endpoints.everything, 'TypeScript SDK, everything'),
  'everything-stdio': () => everything(told.endpoints['everything-stdio'], 'TypeScript SDK, everything on stdio'),
  'filesystem-stdio': filesystem,
});
