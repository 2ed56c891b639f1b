import type { Account } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { MediaFacts } from '../../core/media.ts';
import type { Platform } from '../../core/platform.ts';
import type { CachedMedia } from '../../media/cache.ts';
import { leastWork, type Outcome } from '../../media/outcome.ts';
import { registry } from '../../platforms/index.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { wholeNumber } from '../find.ts';
import { table, tableWidth } from '../table.ts';

interface Destination {
  platform: Platform;
  /** Its server may have limits of its own. */
  account?: Account;
}

/**
 * Each destination's limits against the file of a video (an id from `repost videos`) or a file on disk: of the
 * accounts that are signed in, or of all platforms.
 */
export async function checkVideo(
  { app, print }: Turn,
  options: { all?: boolean },
  text: string,
): Promise<number> {
  const facts = /^\d+$/u.test(text)
    ? await storedFacts(app, wholeNumber(text, 'A video’s id'))
    : await fileFacts(app, text);
  const signedIn = await signedInDestinations(app);
  const everywhere = options.all || signedIn.length === 0;
  const destinations = everywhere ? registry.platforms.map((platform) => ({ platform })) : signedIn;
  const checks = destinations.map((destination) => checkOf(destination, facts));
  print({ schemaVersion, file: facts, checks }, () =>
    table(
      [everywhere ? 'PLATFORM' : 'DESTINATION', 'VERDICT', 'LIMIT AGAINST FILE'],
      checks.map(({ account, name, verdict, problems }) => [
        account ?? name,
        verdict,
        problems.map(({ message }) => message).join('; '),
      ]),
      tableWidth(app.io),
    ),
  );
  return checks.some(({ verdict }) => verdict === 'refused') ? 1 : 0;
}

/** What is only watched is no destination. */
async function signedInDestinations(app: Turn['app']): Promise<Destination[]> {
  const accounts = await (await app.store()).accounts.list();
  return accounts.flatMap((account) => {
    const platform = registry.platform(account.platform);
    const watched = platform?.otherSignIns?.['posting'] && account.settings['signIn'] !== 'posting';
    return platform && !watched ? [{ platform, account }] : [];
  });
}

function checkOf({ platform, account }: Destination, facts: MediaFacts) {
  const rules = (account && platform.mediaFor?.(account)) ?? platform.media;
  const found = leastWork(facts, rules);
  return {
    platform: platform.id,
    name: platform.name,
    account: account?.account ?? null,
    ok: found.outcome === 'fits',
    verdict: verdictOf(found),
    problems: found.problems,
    hint: found.hint ?? null,
    source: rules.source,
  };
}

/** In the words of a rule's options. */
function verdictOf({ outcome, trimmed }: Outcome): string {
  if (outcome === 'fits' || outcome === 'refused') return outcome;
  const needs = [...(trimmed ? ['trim'] : []), outcome === 'encoded' ? 'transcode' : 'remux'];
  return `needs ${needs.join(', ')}`;
}

async function storedFacts(app: Turn['app'], id: number) {
  const store = await app.store();
  const video = await store.videos.get(id);
  if (!video)
    throw new Failure('E_NOT_FOUND', { message: `There is no video ${id}.`, command: 'repost videos' });
  const sha256 = await store.videos.media(id);
  const media = sha256 === undefined ? undefined : await store.media.get(sha256);
  if (media) return factsOf(media);
  throw new Failure('E_NO_MEDIA', {
    kind: 'reject',
    message: `No file of video ${id} was found yet.`,
    hint: 'Give the path of the file instead, or run repost sync.',
  });
}

/** What the file is; where the cache keeps it is nobody's business. */
function factsOf({
  sha256: _,
  path: _path,
  mimeType: _type,
  origin: _origin,
  lastUsedAt: _used,
  ...facts
}: CachedMedia): MediaFacts {
  return facts;
}

async function fileFacts(app: Turn['app'], path: string) {
  const { probe } = await import('../../media/probe.ts');
  return probe(path, { clock: app.clock });
}
