// The resources: two that stand, one that may be watched, and one for each id.
import { ProtocolError } from '@modelcontextprotocol/server';
import { IMAGE } from './media.mjs';

const INVALID_PARAMS = -32602;

export const resources = [
  { uri: 'test://static-text', name: 'static-text', description: 'A text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'static-binary', description: 'An image', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'watched-resource', description: 'One to watch', mimeType: 'text/plain' },
];

export const templates = [{
  uriTemplate: 'test://template/{id}/data', name: 'template', description: 'One for each id', mimeType: 'application/json',
}];

const texts = {
  'test://static-text': 'This is the content of the static text resource.',
  'test://watched-resource': 'This one is watched.',
};

export function read(uri) {
  if (uri in texts) return { uri, mimeType: 'text/plain', text: texts[uri] };
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: IMAGE };
  const [, id] = uri.match(/^test:\/\/template\/([^/]+)\/data$/) ?? [];
  if (!id) throw new ProtocolError(INVALID_PARAMS, 'Resource not found', { uri });
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { uri, mimeType: 'application/json', text };
}
