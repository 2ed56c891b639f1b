import type { Service } from '../../core/platform.ts';
import { login } from '../actions/login.ts';
import type { Turn } from '../command.ts';
import type { Step } from './step.ts';
import type { Talk } from './talk.ts';

/** Signing in to one platform, in the way that lasts longest there. */
export function signInStep(turn: Turn, talk: Talk, service: Service): Step {
  const { id, name, signIn } = service;
  const accounts = async () =>
    (await (await turn.app.store()).accounts.list()).filter(
      ({ platform, status }) => platform === id && status !== 'login-needed',
    );
  return {
    title: `${name}: sign in`,
    command: `repost login ${id}`,
    found: async () => (await accounts()).map(({ account }) => account).join(', ') || undefined,
    explain: () => {
      const needsGuide = signIn.kind === 'token' || signIn.ownApp === false;
      if (needsGuide) talk.guide(service.guide);
      else talk.say('Your browser opens; allow what is asked, leave all boxes ticked, and come back.');
      if (turn.app.io.env['SSH_CONNECTION']) talk.say(overSsh(service));
    },
    run: async () => {
      const before = new Set((await accounts()).map(({ account }) => account));
      await login(silent(turn), { as: 'me', timeout: '5m', ...(await answersFor(talk, service)) }, id);
      const all = await accounts();
      return `Signed in: ${(all.find(({ account }) => !before.has(account)) ?? all[0])?.account ?? name}`;
    },
  };
}

async function answersFor(talk: Talk, service: Service) {
  switch (service.id) {
    case 'mastodon':
      return { server: await talk.ask('loginServer', 'Your server (for example mastodon.social)') };
    case 'bluesky':
      return {
        account: await talk.ask('loginHandle', 'Your handle (for example alice.bsky.social)'),
        appPassword: true,
      };
    case 'telegram':
      return { account: await talk.ask('loginChannel', 'Your channel (@name, or its number)') };
    default:
      return {};
  }
}

/** The browser of a laptop can come back to this machine through a tunnel. */
function overSsh(service: Service): string {
  const uri = service.signIn.kind === 'oauth' ? service.signIn.redirect.uri : '';
  const port = /:(\d+)\//u.exec(uri)?.[1];
  return port === undefined
    ? `You are on another machine: if the browser can’t come back, sign in with: repost login ${service.id} --paste`
    : `You are on another machine: open a tunnel from your laptop first (ssh -L ${port}:127.0.0.1:${port} …), or sign in with: repost login ${service.id} --paste`;
}

/** The step itself says what came of it, and the walk what comes next. */
const silent = (turn: Turn): Turn => ({
  ...turn,
  print: () => undefined,
  note: (text) => {
    if (!text.startsWith('Next: ')) turn.note(text);
  },
});
