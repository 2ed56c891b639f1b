import type { OAuthSignIn } from '../../src/core/platform.ts';
import { linkedin } from '../../src/platforms/linkedin.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { inProcessPlainHttp } from '../platforms/in-process.ts';
import { keepAccount, sandboxApp, type World } from './home.ts';
import { platformContract } from './platform.ts';

// Without LinkedIn's filter of duplicates, which would hide a second sending; with parts of 40 kB.
const prepare = ({ sandbox }: World) =>
  sandbox.control('linkedin', 'quirks', { duplicateHours: 0, leastBytes: 1000, partBytes: 40_000 });

/** Pages may list what they posted: a lost sending is looked for. */
async function asPage(world: World) {
  const { sandbox, clock } = world;
  const signIn = linkedin.otherSignIns!['page'] as OAuthSignIn;
  const app = sandboxApp('linkedin');
  const redirectUri = signIn.redirect.uri;
  const asked = { app, redirectUri, state: 'state-of-the-contract', scopes: signIn.scopes };
  const { redirectedTo } = await approveWithin(sandbox, signIn.authorizeUrl(asked));
  const callback = new URL(redirectedTo).searchParams;
  const http = inProcessPlainHttp(sandbox, linkedin);
  const code = callback.get('code') ?? '';
  const grant = await signIn.exchange({ http, app, clock, code, redirectUri, verifier: '', callback });
  return keepAccount(world, linkedin, grant, app);
}

platformContract(linkedin, { prepare, account: asPage });

// Members may not list theirs: where an answer is lost, a person must look.
platformContract({ ...linkedin, name: 'LinkedIn, as a member' }, { prepare, mayAsk: true, pairStride: 3 });
