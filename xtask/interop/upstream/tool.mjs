// How a tool is written down.

/** What takes no arguments. */
const NOTHING = { type: 'object', properties: {} };
/** It changes nothing, wherever it runs. */
const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

export const said = (text) => ({ content: [{ type: 'text', text }] });

/** A tool that is described by what it is for. */
export const tool = (name, description, call, inputSchema = NOTHING, annotations = READS) =>
  ({ definition: { name, description, inputSchema, annotations }, call });

/** What takes one text. */
export const text = (name) => ({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] });
