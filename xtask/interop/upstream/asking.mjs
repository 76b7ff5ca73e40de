// The tools of 2025-11-25 that ask the client while they work: for a model's words, or for a person's.
import { said, text, tool } from './tool.mjs';

const options = (...all) => all.map(([value, title]) => ({ const: value, title }));
const form = (properties, required = []) => ({ type: 'object', properties, required });

/** Asks a person by a form, and says what came back, after these words. */
const asks = (words, form) => async (given, { ctx }) => {
  const { message, requestedSchema } = form(given);
  const { action, content } = await ctx.mcpReq.elicitInput({ mode: 'form', message, requestedSchema });
  return said(`${words}: action=${action}, content=${JSON.stringify(content ?? {})}`);
};

async function sampling({ prompt }, { ctx }) {
  const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
  const { content } = await ctx.mcpReq.requestSampling({ messages, maxTokens: 100 });
  return said(`LLM response: ${content.text}`);
}

const elicitation = asks('User response', ({ message }) => ({
  message,
  requestedSchema: form({
    username: { type: 'string', description: 'A name' },
    email: { type: 'string', description: 'An address' },
  }, ['username', 'email']),
}));

const defaults = asks('Elicitation completed', () => ({
  message: 'Please review the form',
  requestedSchema: form({
    name: { type: 'string', description: 'A name', default: 'John Doe' },
    age: { type: 'integer', description: 'An age', default: 30 },
    score: { type: 'number', description: 'A score', default: 95.5 },
    status: { type: 'string', description: 'A status', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', description: 'Whether it is verified', default: true },
  }),
}));

const enums = asks('Elicitation completed', () => ({
  message: 'Please choose',
  requestedSchema: form({
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: {
      type: 'string',
      oneOf: options(['value1', 'First Option'], ['value2', 'Second Option'], ['value3', 'Third Option']),
    },
    legacyEnum: {
      type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: {
      type: 'array',
      items: { anyOf: options(['value1', 'First Choice'], ['value2', 'Second Choice'], ['value3', 'Third Choice']) },
    },
  }),
}));

export const asking = [
  tool('test_sampling', 'Asks for the words of a model', sampling, text('prompt')),
  tool('test_elicitation', 'Asks a person', elicitation, text('message')),
  tool('test_elicitation_sep1034_defaults', 'Asks a person, with defaults', defaults),
  tool('test_elicitation_sep1330_enums', 'Asks a person to choose', enums),
];
