// The prompts: plain, with arguments, with what is no text, and one that asks back.
import { acceptedContent, inputRequired } from '@modelcontextprotocol/server';
import { IMAGE } from './media.mjs';

const text = (text) => ({ role: 'user', content: { type: 'text', text } });
const argument = (name) => ({ name, description: `The ${name}`, required: true });

export const prompts = [
  {
    definition: { name: 'test_simple_prompt', description: 'Without arguments' },
    get: () => ({ messages: [text('This is a simple prompt for testing.')] }),
  },
  {
    definition: {
      name: 'test_prompt_with_arguments', description: 'With arguments', arguments: [argument('arg1'), argument('arg2')],
    },
    get: ({ arg1, arg2 }) => ({ messages: [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  },
  {
    definition: {
      name: 'test_prompt_with_embedded_resource', description: 'With a resource', arguments: [argument('resourceUri')],
    },
    get: ({ resourceUri: uri }) => ({
      messages: [
        {
          role: 'user',
          content: { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
        },
        text('Please process the embedded resource above.'),
      ],
    }),
  },
  {
    definition: { name: 'test_prompt_with_image', description: 'With an image' },
    get: () => ({
      messages: [
        { role: 'user', content: { type: 'image', data: IMAGE, mimeType: 'image/png' } },
        text('Please analyze the image above.'),
      ],
    }),
  },
  {
    definition: { name: 'test_input_required_result_prompt', description: 'One that asks for its context' },
    get: (_, { mcpReq }) => {
      const given = acceptedContent(mcpReq.inputResponses, 'user_context');
      if (given?.context) return { messages: [text(`The context is ${given.context}.`)] };
      const requestedSchema = { type: 'object', properties: { context: { type: 'string' } }, required: ['context'] };
      const asks = inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema });
      return inputRequired({ inputRequests: { user_context: asks } });
    },
  },
];
