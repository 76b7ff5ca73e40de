// One server: what it can do, and the handlers of its methods. They are of the low-level class, so that every definition
// goes out as it is written here.
import { ProtocolError, Server, createRequestStateCodec } from '@modelcontextprotocol/server';
import { randomBytes } from 'node:crypto';
import { prompts } from './prompts.mjs';
import { read, resources, templates } from './resources.mjs';
import { listed } from './tools.mjs';

const INVALID_PARAMS = -32602;
/** Signs what a client carries from one round to the next. */
export const state = createRequestStateCodec({ key: randomBytes(32) });

/** How often each tool was called. */
export const called = new Map();

function call({ params }, it) {
  called.set(params.name, (called.get(params.name) ?? 0) + 1);
  return found(listed(), params.name, 'tool').call(params.arguments ?? {}, it);
}

const found = (all, name, what) => {
  const it = all.find((it) => it.definition.name === name);
  if (!it) throw new ProtocolError(INVALID_PARAMS, `there is no ${what} ${name}`);
  return it;
};

/** `changed` tells those who listen. */
export function server(era, changed) {
  const legacy = era === 'legacy';
  const it = new Server({ name: 'interop-upstream', version: '1.0.0' }, {
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      completions: {},
      logging: {},
    },
    requestState: { verify: state.verify },
  });
  it.setRequestHandler('tools/list', () => ({ tools: listed().map(({ definition }) => definition) }));
  it.setRequestHandler('tools/call', (request, ctx) => call(request, { ctx, changed, state }));
  it.setRequestHandler('prompts/list', () => ({ prompts: prompts.map(({ definition }) => definition) }));
  it.setRequestHandler('prompts/get', ({ params }, ctx) =>
    found(prompts, params.name, 'prompt').get(params.arguments ?? {}, ctx));
  it.setRequestHandler('resources/list', () => ({ resources }));
  it.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: templates }));
  it.setRequestHandler('resources/read', ({ params }) => ({ contents: [read(params.uri)] }));
  it.setRequestHandler('completion/complete', ({ params }) => {
    const values = ['paris', 'park', 'party'].filter((it) => it.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
  if (legacy) {
    it.setRequestHandler('resources/subscribe', () => ({}));
    it.setRequestHandler('resources/unsubscribe', () => ({}));
  }
  return it;
}
