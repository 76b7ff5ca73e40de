// The tools of 2026-07-28 that ask by their answer: what they need is a result, and the client calls again with it.
import { acceptedContent, inputRequired } from '@modelcontextprotocol/server';
import { said, tool } from './tool.mjs';

const elicit = (message, property, type = 'string') => inputRequired.elicit({
  message,
  requestedSchema: { type: 'object', properties: { [property]: { type } }, required: [property] },
});
const sample = (text, maxTokens) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens });

const name = () => ({ user_name: elicit('What is your name?', 'name') });
const confirm = () => ({ confirm: elicit('Please confirm', 'ok', 'boolean') });
/** What a person filled in for this request. */
const filled = ({ mcpReq }, key) => acceptedContent(mcpReq.inputResponses, key);

function elicitation(_, { ctx }) {
  const given = filled(ctx, 'user_name');
  return typeof given?.name === 'string' ? said(`Hello, ${given.name}!`) : inputRequired({ inputRequests: name() });
}

function sampling(_, { ctx }) {
  const given = ctx.mcpReq.inputResponses?.capital_question;
  if (given?.content) return said(given.content.text);
  return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
}

function roots(_, { ctx }) {
  const given = ctx.mcpReq.inputResponses?.client_roots;
  if (given?.roots) return said(given.roots.map(({ uri }) => uri).join(' '));
  return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
}

/** One round, with a state that nobody else can have written. */
async function stated(_, { ctx, state }) {
  const carried = ctx.mcpReq.requestState();
  if (carried && filled(ctx, 'confirm')) return said('state-ok');
  return inputRequired({ inputRequests: confirm(), requestState: await state.mint({ asked: 'confirm' }, ctx) });
}

async function several(_, { ctx, state }) {
  const given = ctx.mcpReq.inputResponses;
  if (ctx.mcpReq.requestState() && given?.user_name && given.greeting && given.client_roots) return said('all there');
  const inputRequests = { ...name(), greeting: sample('Generate a greeting', 50), client_roots: inputRequired.listRoots() };
  return inputRequired({ inputRequests, requestState: await state.mint({ asked: 'all' }, ctx) });
}

async function severalRounds(_, { ctx, state }) {
  const { step = 0 } = ctx.mcpReq.requestState() ?? {};
  const next = async (step, inputRequests) =>
    inputRequired({ inputRequests, requestState: await state.mint({ step }, ctx) });
  if (step === 2 && filled(ctx, 'step2')) return said('both steps are done');
  if (step >= 1 && filled(ctx, 'step1')) {
    return next(2, { step2: elicit('Step 2: What is your favorite color?', 'color') });
  }
  return next(1, { step1: elicit('Step 1: What is your name?', 'name') });
}

/** Asks only for what the client says that it can answer. */
function able(_, { ctx }) {
  const can = ctx.mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {};
  if (Object.keys(ctx.mcpReq.inputResponses ?? {}).length > 0) return said('answered');
  return inputRequired({
    inputRequests: {
      ...(can.elicitation && name()),
      ...(can.sampling && { greeting: sample('Generate a greeting', 50) }),
    },
  });
}

/** Asks on a stream: what it says before its answer are notifications only. */
async function streaming(_, { ctx }) {
  const progressToken = ctx.mcpReq._meta?.progressToken ?? 'none';
  await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
  return inputRequired({ inputRequests: name() });
}

const prefixed = (name, description, call) => tool(`test_input_required_result_${name}`, description, call);

export const rounds = [
  prefixed('elicitation', 'Asks a person for a name', elicitation),
  prefixed('sampling', 'Asks for the words of a model', sampling),
  prefixed('list_roots', 'Asks for the roots of the client', roots),
  prefixed('request_state', 'Carries a state from one round to the next', stated),
  prefixed('tampered_state', 'Carries a state that nobody may change', stated),
  prefixed('multiple_inputs', 'Asks for several things at once', several),
  prefixed('multi_round', 'Asks in two rounds', severalRounds),
  prefixed('capabilities', 'Asks for what the client can answer', able),
  tool('test_streaming_elicitation', 'Asks on a stream', streaming),
];
