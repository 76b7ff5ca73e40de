// The era of 2025-11-25: a session for each client that says hello, its answers kept so that a broken stream can be
// taken up again.
import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';

/** How soon a client whose stream was closed comes back, in milliseconds. */
const RETRY = 500;

/** What was sent on streams, in order. */
function events() {
  const kept = new Map();
  return {
    async storeEvent(stream, message) {
      const id = `${stream}_${kept.size}`;
      kept.set(id, { stream, message });
      return id;
    },
    async getStreamIdForEventId(id) {
      return kept.get(id)?.stream;
    },
    async replayEventsAfter(last, { send }) {
      const { stream } = kept.get(last) ?? {};
      const ids = [...kept.keys()];
      for (const id of ids.slice(ids.indexOf(last) + 1)) {
        const event = kept.get(id);
        // The first event of a stream is empty: it only gives the client an id to come back with.
        if (event.stream === stream && Object.keys(event.message).length > 0) await send(id, event.message);
      }
      return stream;
    },
  };
}

const refused = (status, message) =>
  Response.json({ jsonrpc: '2.0', id: null, error: { code: -32000, message } }, { status });

/** Answers each request in its session; `server` makes what a new one talks with. */
export function sessions(server) {
  const open = new Map();

  async function begin(request) {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: events(),
      retryInterval: RETRY,
      onsessioninitialized: (id) => open.set(id, transport),
      onsessionclosed: (id) => open.delete(id),
    });
    await server().connect(transport);
    return transport.handleRequest(request);
  }

  return async (request) => {
    const id = request.headers.get('mcp-session-id');
    if (id === null) return request.method === 'POST' ? begin(request) : refused(400, 'Mcp-Session-Id is missing');
    return open.get(id)?.handleRequest(request) ?? refused(404, 'there is no such session');
  };
}
