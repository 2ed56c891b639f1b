import { asFailure, Failure } from '../../core/failure.ts';
import { isPlatformId, type PlatformId, platformIds } from '../../core/names.ts';
import { serviceOf } from '../../platforms/index.ts';
import { schemaVersion } from '../../web/views.ts';
import { mayAsk } from '../ask.ts';
import type { Turn } from '../command.ts';
import { exitCodes } from '../exit.ts';
import { keysStep } from '../init/keys.ts';
import { lastSteps } from '../init/last.ts';
import { ruleStep } from '../init/rule.ts';
import { signInStep } from '../init/sign-in.ts';
import { type Step, walk } from '../init/step.ts';
import { openTalk, Stopped, type Talk } from '../init/talk.ts';
import { onStop } from '../signals.ts';
import { closest } from '../suggest.ts';

/** Where the answer to the first question is kept, for the next time. */
const PLATFORMS_KEY = 'init.platforms';

const destinations = platformIds.filter((id) => id !== 'tiktok');

/** The guided first run. What is done is read from the home, so it can be stopped anywhere and goes on from there. */
export async function init(turn: Turn, options: { to?: string[] }): Promise<number> {
  const talk = openTalk(turn);
  const asks = mayAsk(turn) && !turn.json;
  const chosen = options.to ? options.to.flatMap(parsePlatforms) : await remembered(turn);
  if (!asks) return list(turn, talk, chosen ?? []);
  const { app } = turn;
  talk.say('repost watches your TikTok account and publishes every new video to your other accounts, once.');
  talk.say('Stop whenever you like (Ctrl-C): run repost init again and it goes on from there.');
  const stopped = () => {
    talk.say('\nNothing is lost. Go on with: repost init');
    process.exit(exitCodes.interrupted);
  };
  let forget = onStop(stopped);
  try {
    const platforms = options.to && chosen ? chosen : await askPlatforms(talk, chosen);
    await (await app.store()).meta.set(PLATFORMS_KEY, platforms.join(','));
    const { left } = await walk(
      talk,
      async () => stepsFor(turn, talk, platforms),
      async (step) => {
        if (step.drains) forget();
        return step.run().finally(() => {
          if (step.drains) forget = onStop(stopped);
        });
      },
    );
    if (left.length === 0) {
      talk.heading('All is set up.');
      talk.say(
        '  $ repost status     # is everything out?\n  $ repost daemon     # goes on until told to stop',
      );
      return 0;
    }
    talk.heading('Left for later:');
    for (const { title, command } of left) talk.say(`  ${title}\n    $ ${command}`);
    talk.say('\nGo on whenever you like: repost init');
    return 0;
  } catch (error) {
    if (asFailure(error).code !== 'E_INTERRUPTED') throw error;
    talk.say('\nNothing is lost. Go on with: repost init');
    return error instanceof Stopped ? exitCodes.done : exitCodes.interrupted;
  } finally {
    forget();
  }
}

function stepsFor(turn: Turn, talk: Talk, platforms: readonly PlatformId[]): Step[] {
  const signingIn = (['tiktok', ...platforms] as const).flatMap((id) => {
    const service = serviceOf(id);
    const keys = keysStep(turn, talk, service);
    return [...(keys ? [keys] : []), signInStep(turn, talk, service)];
  });
  return [...signingIn, ruleStep(turn, talk), ...lastSteps(turn, talk)];
}

/** Where nobody can be asked: what is done, and the command of what is not. */
async function list(turn: Turn, talk: Talk, platforms: readonly PlatformId[]): Promise<number> {
  const steps = await Promise.all(
    stepsFor(turn, talk, platforms).map(async ({ title, command, found, optional }) => ({
      title,
      command,
      optional: optional ?? false,
      found: (await found()) ?? null,
    })),
  );
  turn.print({ schemaVersion, platforms, steps }, () =>
    steps
      .map(({ title, command, found }) =>
        found === null ? `open  ${title}\n        $ ${command}` : `done  ${title}: ${found}`,
      )
      .join('\n'),
  );
  const open = steps.find(({ found, optional }) => found === null && !optional);
  if (!open) return 0;
  throw new Failure('E_MISSING_ANSWER', {
    message: `Nobody can be asked here, and this is open: ${open.title}.`,
    hint:
      platforms.length > 0
        ? 'Each step is a command of its own.'
        : 'Each step is a command of its own; --to youtube,x says which platforms are meant.',
    command: open.command,
  });
}

async function remembered(turn: Turn): Promise<PlatformId[] | undefined> {
  const text = await (await turn.app.store()).meta.get(PLATFORMS_KEY);
  return text === undefined ? undefined : text.split(',').filter(isPlatformId);
}

async function askPlatforms(talk: Talk, before: readonly PlatformId[] | undefined): Promise<PlatformId[]> {
  talk.heading('Where to?');
  talk.say(`You can choose from: ${destinations.join(', ')}`);
  for (;;) {
    const text = await talk.ask(
      'initPlatforms',
      'Platforms, with commas',
      before?.join(', ') ?? 'youtube, instagram, x',
    );
    try {
      return parsePlatforms(text);
    } catch (error) {
      talk.trouble(asFailure(error));
    }
  }
}

function parsePlatforms(text: string): PlatformId[] {
  const words = text
    .toLowerCase()
    .split(/[\s,]+/u)
    .filter(Boolean);
  for (const word of words) {
    if (isPlatformId(word) && word !== 'tiktok') continue;
    const near = closest(word, destinations);
    throw new Failure('E_UNKNOWN_PLATFORM', {
      message: `“${word}” is no platform to post to.`,
      hint: near ? `Did you mean ${near}?` : `It is one of: ${destinations.join(', ')}.`,
    });
  }
  return [...new Set(words)].filter(isPlatformId);
}
