// How a script talks with `cargo xtask interop`, a line of JSON each: it was told where everything is, it says where it
// sends a person and how each scenario ended, and it hears what the person did.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';
import { inspect } from 'node:util';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const hear = async () => {
  const { value, done } = await lines.next();
  if (done) throw new Error('nobody answers');
  return JSON.parse(value);
};
export const say = (what) => console.log(JSON.stringify(what));

/** Where everything is, and who the clients are. */
export const told = await hear();
export const callback = 'http://127.0.0.1:4999/callback';

/** A person reads, decides and comes back: the address that they were sent back to. */
export async function visits(url, decision = {}) {
  say({ visit: String(url), decision });
  const { location, error } = await hear();
  if (error) throw new Error(error);
  assert(location.startsWith(callback), `sent to ${location}`);
  return new URL(location);
}

/** A person finds a request that shows this among those that wait, and decides. */
export async function finds(text, decision = {}) {
  say({ find: text, decision });
  const { error } = await hear();
  if (error) throw new Error(error);
}

/** The same, of a request that is being made: it may take a moment until it waits there. */
export async function findsSoon(text, decision = {}) {
  const patience = Date.now() + 20_000;
  for (;;) {
    try {
      return await finds(text, decision);
    } catch (error) {
      if (Date.now() > patience) throw error;
      await after(200);
    }
  }
}

/** Plays the scenarios, one after the other, and says how each ended. */
export async function play(scenarios) {
  for (const [scenario, run] of Object.entries(scenarios)) {
    await run().then(
      () => say({ scenario }),
      (error) => say({ scenario, failed: inspect(error, { depth: 6, breakLength: 120 }) }),
    );
  }
  process.exit(0);
}
