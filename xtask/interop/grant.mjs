// A session for all that the conformance suite asks of the fixture: what it is let in with.
import { bySecret, session } from './stage.mjs';
import { say, told } from './talk.mjs';
import { tools } from './upstream/tools.mjs';

const reads = tools.filter(({ definition }) => definition.annotations.readOnlyHint);
const details = [{
  type: 'service_access',
  service: told.upstream,
  actions: [...reads.map(({ definition }) => definition.name), 'resources/read', 'prompts/get'],
}];
const config = await bySecret(told.bySecret);
const asked = { authorization_details: JSON.stringify(details), resource: told.resource };
const tokens = await session(config, asked, { redeem: { resource: told.resource } });
say({ gives: tokens.access_token });
process.exit(0);
