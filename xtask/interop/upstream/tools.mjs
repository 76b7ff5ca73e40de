// The tools: those that only answer. Those that ask back are in `asking.mjs` (2025-11-25) and `rounds.mjs` (2026-07-28).
import { setTimeout as after } from 'node:timers/promises';
import { MissingRequiredClientCapabilityError } from '@modelcontextprotocol/server';
import { asking } from './asking.mjs';
import { IMAGE, SOUND } from './media.mjs';
import { rounds } from './rounds.mjs';
import { schema2020 } from './schema.mjs';
import { said, text, tool } from './tool.mjs';

/** Between two things that a tool says before it answers. */
const MOMENT = 50;

const resource = (uri, mimeType, text) => ({ type: 'resource', resource: { uri, mimeType, text } });
const image = { type: 'image', data: IMAGE, mimeType: 'image/png' };

async function logging(_, { ctx }) {
  for (const [at, data] of ['Tool execution started', 'Tool processing data', 'Tool execution completed'].entries()) {
    if (at > 0) await after(MOMENT);
    await ctx.mcpReq.log('info', data);
  }
  return said('Tool with logging executed successfully');
}

async function progress(_, { ctx }) {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  for (const done of [0, 50, 100]) {
    if (done > 0) await after(MOMENT);
    if (progressToken === undefined) continue;
    const params = { progressToken, progress: done, total: 100, message: `${done} of 100` };
    await ctx.mcpReq.notify({ method: 'notifications/progress', params });
  }
  return said('Tool with progress executed successfully');
}

/** Closes its own stream and answers on the one that the client comes back with. */
async function reconnection(_, { ctx }) {
  ctx.http?.closeSSE?.();
  await after(2 * MOMENT);
  return said('The stream was closed, and the answer came all the same.');
}

const region = {
  type: 'object',
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' }, query: { type: 'string' } },
  required: ['region', 'query'],
};

/** Whether there is one tool more: nobody is granted it, it only comes and goes. */
let more = false;
const oneMore = tool('test_one_more', 'Comes and goes', () => said('here'));

/** The tools as they are now. */
export const listed = () => (more ? [...tools, oneMore] : tools);

export const tools = [
  tool('test_simple_text', 'Answers with a text', () => said('This is a simple text response for testing.')),
  tool('test_image_content', 'Answers with an image', () => ({ content: [image] })),
  tool('test_audio_content', 'Answers with a sound', () =>
    ({ content: [{ type: 'audio', data: SOUND, mimeType: 'audio/wav' }] })),
  tool('test_embedded_resource', 'Answers with a resource', () =>
    ({ content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')] })),
  tool('test_multiple_content_types', 'Answers with a text, an image and a resource', () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      resource('test://mixed-content-resource', 'application/json', JSON.stringify({ test: 'data', value: 123 })),
    ],
  })),
  tool('test_tool_with_logging', 'Logs while it works', logging),
  tool('test_logging_tool', 'Logs for whom it was asked to', logging),
  tool('test_tool_with_progress', 'Says how far it is', progress),
  tool('test_error_handling', 'Fails', () =>
    ({ ...said('This tool intentionally returns an error for testing'), isError: true })),
  tool('test_reconnection', 'Closes its stream before it answers', reconnection),
  tool('test_missing_capability', 'Needs a client that samples', () => {
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
  }),
  tool('test_trigger_tool_change', 'Changes the tools, and says so', (_, { changed }) => {
    more = !more;
    changed.tools();
    return said('said');
  }),
  tool('test_trigger_prompt_change', 'Says that the prompts have changed', (_, { changed }) => {
    changed.prompts();
    return said('said');
  }),
  tool('json_schema_2020_12_tool', 'Has a schema with the words of 2020-12', (given) => said(JSON.stringify(given)), schema2020),
  tool('test_header_region', 'Has an argument that is in a header too', ({ region, query }) => said(`${region}: ${query}`), region),
  // It is for whoever looks at what a gateway lets through: no suite calls it.
  tool('test_write', 'Writes a note', ({ note }) => said(`written: ${note}`), text('note'), {
    readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false,
  }),
  ...asking,
  ...rounds,
];
