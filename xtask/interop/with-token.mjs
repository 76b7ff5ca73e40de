// Stands before the gateway for a suite that cannot send a token: adds it, and passes on everything else as it comes,
// both ways. Its own name becomes the gateway's; any other name a client says (`Host`, `Origin`) is left for the gateway
// to refuse.
//
//   with-token.mjs --to ORIGIN --token FILE
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values: { to, token } } = parseArgs({ options: { to: { type: 'string' }, token: { type: 'string' } } });
const gateway = new URL(to);
const authorization = `Bearer ${readFileSync(token, 'utf8').trim()}`;

function headers({ headers }, own) {
  const passed = { ...headers, authorization };
  if (headers.host === own) passed.host = gateway.host;
  if (headers.origin === `http://${own}`) passed.origin = gateway.origin;
  return passed;
}

const listening = createServer((asked, answer) => {
  const own = `127.0.0.1:${listening.address().port}`;
  const passed = request(new URL(asked.url, gateway), { method: asked.method, headers: headers(asked, own) }, (said) => {
    answer.writeHead(said.statusCode, said.rawHeaders);
    // An event stream has begun before its first event is there.
    answer.flushHeaders();
    said.pipe(answer);
    said.on('error', () => answer.destroy());
  });
  passed.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
});
listening.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ listening: `http://127.0.0.1:${listening.address().port}` }));
});
