import type { App as DeveloperApp } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { Service } from '../../core/platform.ts';
import { keepApp } from '../actions/app.ts';
import { tryKeys } from '../app-check.ts';
import type { Turn } from '../command.ts';
import type { Step } from './step.ts';
import type { Talk } from './talk.ts';

/** The keys of one's own developer app; undefined where the platform needs none. */
export function keysStep(turn: Turn, talk: Talk, service: Service): Step | undefined {
  const { signIn, id, name } = service;
  if (signIn.kind !== 'oauth' || signIn.ownApp === false) return undefined;
  const { app } = turn;
  return {
    title: `${name}: keys of your own app`,
    command: `repost app add ${id} --client-id ID${signIn.secret === 'none' ? '' : ' --client-secret-stdin'}`,
    found: async () => (await (await app.store()).apps.get(id))?.clientId,
    explain: () => {
      const register = signIn.redirect.registered
        ? [`Register this redirect address, exactly: ${signIn.redirect.uri}`]
        : [];
      talk.guide(service.guide, [...register, `Rights to tick, where it asks: ${signIn.scopes.join(' ')}`]);
    },
    run: async () => {
      const clientId = await talk.ask('appClientId', 'Client id');
      const wantsSecret = (signIn.secret ?? 'required') === 'required';
      const clientSecret = wantsSecret
        ? await talk.secret('appClientSecret', 'Client secret (not shown)')
        : undefined;
      const row = { platform: id, host: '', clientId, settings: {} };
      await checkKeys(turn, talk, service, { ...row, ...(clientSecret ? { clientSecret } : {}) });
      await keepApp(app, row, clientSecret);
      return `${name} keys: ${clientId}`;
    },
  };
}

/** Tries the keys at the platform before they are kept. Throws E_CLIENT_INVALID where it does not know them. */
async function checkKeys(turn: Turn, talk: Talk, service: Service, app: DeveloperApp): Promise<void> {
  const refusal = await tryKeys((await turn.app.net()).plain(service), turn.app.clock, service, app);
  if (refusal?.code === 'E_CLIENT_INVALID')
    throw new Failure('E_CLIENT_INVALID', {
      message: `${service.name} does not know these keys: ${refusal.message}`,
      hint: refusal.hint,
    });
  const accepted = refusal?.code === 'E_LOGIN_CODE' || refusal?.code === 'E_REDIRECT';
  talk.say(
    accepted
      ? `${service.name} knows these keys.`
      : `${service.name} gave no verdict on these keys; they are kept, and the sign-in will tell.`,
  );
}
