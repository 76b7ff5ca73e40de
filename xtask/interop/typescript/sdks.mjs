// The official SDK, in its two lines: version 2 in both eras, and version 1, which knows only the earlier one.
import * as v2 from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const v1 = { Client, StreamableHTTPClientTransport, UnauthorizedError };
const info = { name: 'interop', version: '1.0.0' };

const of = (sdk, revision, mode) => ({
  revision,
  UnauthorizedError: sdk.UnauthorizedError,
  client: (options) => new sdk.Client(info, { ...options, ...(mode && { versionNegotiation: { mode } }) }),
  transport: (url, authProvider) => new sdk.StreamableHTTPClientTransport(new URL(url), { authProvider }),
  /** Version 1 takes the code alone. */
  finish: (transport, said) => transport.finishAuth(sdk === v1 ? said.get('code') : said),
});

export const modern = of(v2, '2026-07-28', { pin: '2026-07-28' });
/** It finds out what the other side speaks. */
export const auto = of(v2, '2026-07-28', 'auto');
export const legacy = of(v2, '2025-11-25', 'legacy');
export const first = of(v1, '2025-11-25');
