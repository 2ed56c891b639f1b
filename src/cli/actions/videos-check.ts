import { Failure } from '../../core/failure.ts';
import { checkMedia } from '../../core/media-rules.ts';
import { platformOf } from '../../platforms/index.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { wholeNumber } from '../find.ts';
import { table, tableWidth } from '../table.ts';

/** Each destination's limits against the file of a video (an id from `repost videos`) or a file on disk. */
export async function checkVideo({ app, print }: Turn, _options: unknown, text: string): Promise<number> {
  const store = await app.store();
  const facts = /^\d+$/u.test(text)
    ? await storedFacts(app, wholeNumber(text, 'A video’s id'))
    : await fileFacts(app, text);
  const platforms = [...new Set((await store.accounts.list()).map((account) => account.platform))].filter(
    (id) => id !== 'tiktok',
  );
  const checks = platforms.map((id) => {
    const platform = platformOf(id);
    const check = checkMedia(facts, platform.media);
    return { platform: id, ok: check.ok, problems: check.ok ? [] : check.problems };
  });
  print({ schemaVersion, file: facts, checks }, () =>
    table(
      ['PLATFORM', 'VERDICT', 'LIMIT AGAINST FILE'],
      checks.map(({ platform, ok, problems }) => [
        platform,
        ok
          ? 'fits'
          : problems.some(({ fix }) => fix === 'none')
            ? 'refused'
            : `needs ${[...new Set(problems.map(({ fix }) => fix))].join(', ')}`,
        problems.map(({ message }) => message).join('; '),
      ]),
      tableWidth(app.io),
    ),
  );
  return checks.every(({ ok, problems }) => ok || problems.every(({ fix }) => fix !== 'none')) ? 0 : 1;
}

async function storedFacts(app: Turn['app'], id: number) {
  const store = await app.store();
  const video = await store.videos.get(id);
  if (!video)
    throw new Failure('E_NOT_FOUND', { message: `There is no video ${id}.`, command: 'repost videos' });
  const sha256 = await store.videos.media(id);
  const media = sha256 === undefined ? undefined : await store.media.get(sha256);
  if (media) return media;
  throw new Failure('E_NO_MEDIA', {
    kind: 'reject',
    message: `No file of video ${id} was found yet.`,
    hint: 'Give the path of the file instead, or run repost sync.',
  });
}

async function fileFacts(app: Turn['app'], path: string) {
  const { probe } = await import('../../media/probe.ts');
  return probe(path, { clock: app.clock });
}
