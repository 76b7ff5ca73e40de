// A session for every tool of the fixture upstream: what the conformance suite is let in with.
import { bySecret, session } from './stage.mjs';
import { say, told } from './talk.mjs';
import { tools } from './upstream/tools.mjs';

const details = [{
  type: 'service_access',
  service: told.upstream,
  actions: tools.map(({ definition }) => definition.name),
}];
const config = await bySecret(told.bySecret);
const asked = { authorization_details: JSON.stringify(details), resource: told.resource };
const tokens = await session(config, asked);
say({ gives: tokens.access_token });
process.exit(0);
