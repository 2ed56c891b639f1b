import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { openCache } from '../../src/media/cache.ts';
import type { ObtainContext } from '../../src/media/fetch.ts';
import { obtain } from '../../src/media/fetch.ts';
import { buildMp4 } from './build-mp4.ts';
import { buildZip } from './build-zip.ts';
import { aVideo, failureOf, findContext, freshFolder, PUBLISHED_AT, VIDEO_ID } from './fixtures.ts';
import { memoryRegister } from './register.ts';

const exported = (link: string) => ({
  Post: { Posts: { VideoList: [{ Date: '2026-11-21 09:00:00', Link: link, Title: 'The whole caption' }] } },
});

async function setUp() {
  const root = freshFolder();
  const originals = freshFolder();
  const clock = new TestClock(PUBLISHED_AT + 10 * MINUTE);
  const register = memoryRegister();
  const cache = await openCache({ dir: join(root, 'cache'), limitBytes: 1e9, register, clock });
  const put = (content: Buffer | string, name = `${VIDEO_ID}.mp4`) => {
    const path = join(originals, name);
    writeFileSync(path, content);
    utimesSync(path, PUBLISHED_AT / 1000, PUBLISHED_AT / 1000);
    return path;
  };
  const zip = join(root, 'export.zip');
  const context: ObtainContext = {
    ...findContext({
      tools: { clock, ytDlp: '/nonexistent/yt-dlp' },
      download: async (_url, to) => writeFileSync(to, buildMp4()),
    }),
    cache,
  };
  const putExport = (link = 'https://video-x.tiktokv.com/storage/v1/x') =>
    writeFileSync(zip, buildZip({ 'user_data_tiktok.json': JSON.stringify(exported(link)) }));
  const specs = {
    folder: { kind: 'folder', path: originals },
    export: { kind: 'export', path: zip },
    ytdlp: { kind: 'yt-dlp' },
  } as const;
  const leftOvers = () => readdirSync(join(root, 'cache', 'tmp'));
  return { cache, clock, context, put, putExport, register, specs, leftOvers };
}

describe('obtain', () => {
  test('takes, verifies and caches; the original stays where it is', async () => {
    const { context, put, specs, leftOvers, register } = await setUp();
    const path = put(buildMp4());
    const file = await obtain(aVideo(), [specs.folder], context);
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(file).toMatchObject({ sha256, origin: 'folder', width: 576, mimeType: 'video/mp4' });
    expect(file.path).not.toBe(path);
    expect(readFileSync(file.path)).toEqual(readFileSync(path));
    expect(register.rows.get(sha256)?.origin).toBe('folder');
    expect(leftOvers()).toEqual([]);
  });

  test('what is cached is not looked for again', async () => {
    const { context, put, specs } = await setUp();
    put(buildMp4());
    const { sha256 } = await obtain(aVideo(), [specs.folder], context);
    const again = await obtain(aVideo(), [], { ...context, knownSha256: sha256 });
    expect(again).toMatchObject({ sha256, origin: 'cache' });
    writeFileSync(again.path, 'damaged');
    expect(await obtain(aVideo(), [specs.folder], { ...context, knownSha256: sha256 })).toMatchObject({
      sha256,
      origin: 'folder',
    });
  });

  test('asks the sources in the rule’s order, and goes on from one without the file', async () => {
    const { context, put, putExport, specs, leftOvers } = await setUp();
    putExport();
    const specsInOrder = [specs.folder, specs.export];
    expect(await obtain(aVideo(), specsInOrder, context)).toMatchObject({
      origin: 'export',
      caption: 'The whole caption',
    });
    put(buildMp4({ seed: 'original' }));
    expect(await obtain(aVideo(), specsInOrder, context)).toMatchObject({ origin: 'folder' });
    expect(leftOvers()).toEqual([]);
  });

  test('a file that does not verify is passed over for the next source', async () => {
    const { context, put, putExport, specs } = await setUp();
    put('a text file');
    putExport();
    expect(await obtain(aVideo(), [specs.folder, specs.export], context)).toMatchObject({ origin: 'export' });
  });

  test('a text file named .mp4 alone: what it is, and no waiting', async () => {
    const { context, put, specs, register } = await setUp();
    put('a text file');
    const failure = await failureOf(obtain(aVideo(), [specs.folder], context));
    expect(failure).toMatchObject({ code: 'E_MEDIA_INVALID', kind: 'reject', class: 'permanent' });
    expect(failure.message).toContain('a text file');
    expect(register.rows.size).toBe(0);
  });

  test('what its source says to be marked is refused, unless the rule takes it', async () => {
    const { context, specs, register } = await setUp();
    const home = freshFolder();
    const program = join(home, 'yt-dlp');
    const fake = new URL('./fake-yt-dlp.mjs', import.meta.url).pathname;
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${fake}' '${home}' "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(
      join(home, 'scenario.json'),
      JSON.stringify({
        version: '2026.08.19',
        report: { format_id: 'download', format_note: 'watermarked' },
      }),
    );
    writeFileSync(join(home, 'content'), buildMp4());
    const fetching = { ...context, consented: true, tools: { ...context.tools, ytDlp: program } };
    const failure = await failureOf(obtain(aVideo(), [specs.ytdlp], fetching));
    expect(failure).toMatchObject({ code: 'E_WATERMARK', kind: 'later', reason: 'media' });
    expect(failure.hint).toContain('--allow-watermark');
    expect(register.rows.size).toBe(0);
    const taken = await obtain(aVideo(), [specs.ytdlp], { ...fetching, allowWatermark: true });
    expect(taken.origin).toBe('yt-dlp 2026.08.19, watermarked');
  });

  test('the wrong length is the wrong video', async () => {
    const { context, put, specs } = await setUp();
    put(buildMp4({ seconds: 30 }));
    const failure = await failureOf(obtain(aVideo(), [specs.folder], context));
    expect(failure.code).toBe('E_MEDIA_INVALID');
    expect(failure.message).toContain('30 s');
  });

  test('all absent: one failure that names each source and what it said', async () => {
    const { context, specs, clock } = await setUp();
    const failure = await failureOf(obtain(aVideo(), [specs.folder, specs.export, specs.ytdlp], context));
    expect(failure).toMatchObject({ kind: 'later', reason: 'media' });
    expect(failure.message).toMatch(/folder: The folder .* export: .* yt-dlp: /);
    expect(failure.notBefore).toBeGreaterThan(clock.now());
    const single = await failureOf(obtain(aVideo(), [specs.folder], context));
    expect(single).toMatchObject({ code: 'E_NO_MEDIA', kind: 'later', reason: 'media' });
    expect(single.hint).toContain(`${VIDEO_ID}.mp4`);
    expect((await failureOf(obtain(aVideo(), [], context))).code).toBe('E_NO_MEDIA');
  });

  test('waits longer the longer it has lasted, from more than the minute that a sync waits to an hour', async () => {
    const { context, specs, clock } = await setUp();
    const waits = [];
    for (const seenAt of [clock.now(), clock.now() - 20 * MINUTE, clock.now() - 30 * DAY]) {
      const failure = await failureOf(obtain(aVideo({ seenAt }), [specs.folder], context));
      waits.push((failure.notBefore ?? 0) - clock.now());
    }
    expect(waits).toEqual([1.25 * MINUTE, 5 * MINUTE, HOUR]);
  });

  test('what may still change outweighs what is final; what is wrong says more than what is absent', async () => {
    const { context, specs, putExport } = await setUp();
    putExport();
    const down = async () => {
      throw new Failure('E_NETWORK', { message: 'no route' });
    };
    const both = await failureOf(
      obtain(aVideo(), [specs.folder, specs.export], { ...context, download: down }),
    );
    expect(both).toMatchObject({ code: 'E_NETWORK', kind: 'later', reason: 'media' });
    const alone = await failureOf(obtain(aVideo(), [specs.export], { ...context, download: down }));
    expect(alone).toMatchObject({ code: 'E_NETWORK', kind: 'retry', message: 'no route' });
  });

  test('a file that is just settling is looked at soon', async () => {
    const { context, specs, clock, put } = await setUp();
    const path = put(buildMp4());
    utimesSync(path, clock.now() / 1000 - 1, clock.now() / 1000 - 1);
    const failure = await failureOf(obtain(aVideo({ seenAt: PUBLISHED_AT - DAY }), [specs.folder], context));
    expect((failure.notBefore ?? 0) - clock.now()).toBe(3000);
  });

  test('an abort is passed on as it is', async () => {
    const { context, specs, clock, putExport } = await setUp();
    putExport();
    const stop = new AbortController();
    const download = async () => {
      stop.abort(new Error('drain'));
      throw new Error('cut');
    };
    const work = obtain(aVideo(), [specs.export], {
      ...context,
      download,
      tools: { clock, signal: stop.signal },
    });
    await expect(work).rejects.toThrow('drain');
  });
});
