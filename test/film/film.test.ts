import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliHome, entry, openCliHome } from '../e2e/home.ts';
import { describeWith } from '../tools.ts';
import { cutFilm, lengthOf } from './cut.ts';
import { type Scene, stillOf } from './picture.ts';
import { playAll } from './play.ts';

const isLong = Boolean(process.env['REPOST_FILM']);
const folder = fileURLToPath(new URL(`../../artefacts/${isLong ? 'film' : 'film-short'}`, import.meta.url));
const pictures = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const tools = { chromium: 'chromium', tmux: 'tmux', ffmpeg: 'ffmpeg' };

/** What README and guide show, so that they never show old screens. */
async function keepStills(scenes: readonly Scene[], browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 400 }, deviceScaleFactor: 1.5 });
  for (const { still, page: shot, terminal = '' } of scenes) {
    if (still === undefined) continue;
    if (shot === undefined) await page.setContent(stillOf(terminal));
    const picture = shot ?? (await page.locator('pre').screenshot());
    writeFileSync(join(pictures, `${still}.png`), picture);
  }
  await page.close();
}

// With REPOST_FILM (npm run film) the whole; else the first scenes, each a second long.
describeWith(tools, 'the film of the first steps', () => {
  let home: CliHome;
  let browser: Browser;
  beforeAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    home = await openCliHome({ env: { REPOST_HTTP: '127.0.0.1:0' } });
    const bin = join(home.dir, 'bin');
    mkdirSync(bin);
    symlinkSync(entry, join(bin, 'repost'));
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--autoplay-policy=no-user-gesture-required'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  it('is made from the real program, and plays', async () => {
    const scenes: Scene[] = await playAll(home, browser, isLong);
    const film = await cutFilm(browser, scenes, folder);
    if (isLong) await keepStills(scenes, browser);
    const probe = JSON.parse(
      execFileSync('ffprobe', ['-v', 'error', '-show_chapters', '-show_streams', '-of', 'json', film], {
        encoding: 'utf8',
      }),
    ) as { chapters: { tags: { title: string } }[]; streams: { codec_name: string }[] };
    expect(probe.streams.map(({ codec_name }) => codec_name)).toEqual(['vp9', 'webvtt']);
    expect(probe.chapters.map(({ tags }) => tags.title)).toEqual([
      ...new Set(scenes.map(({ chapter }) => chapter)),
    ]);
    const played = await play(film);
    expect(played.ended).toBe(true);
    expect(Math.abs(played.duration - lengthOf(scenes))).toBeLessThan(1);
    expect([played.width, played.height]).toEqual([1280, 720]);
  });

  /** In a browser; a long film from near its end. */
  async function play(film: string) {
    const bytes = readFileSync(film);
    const server = createServer((request, response) => {
      const isFilm = request.url === '/film.webm';
      response.setHeader('content-type', isFilm ? 'video/webm' : 'text/html');
      response.end(isFilm ? bytes : '<video muted src="/film.webm"></video>');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      return await page.locator('video').evaluate(async (element) => {
        const video = element as unknown as {
          duration: number;
          ended: boolean;
          videoWidth: number;
          videoHeight: number;
          playbackRate: number;
          play(): Promise<void>;
          addEventListener(name: string, heard: () => void): void;
        };
        const over = new Promise<void>((resolve) => video.addEventListener('ended', () => resolve()));
        video.playbackRate = video.duration > 30 ? 16 : 2;
        await video.play();
        video.playbackRate = video.duration > 30 ? 16 : 2;
        await over;
        const { duration, ended, videoWidth: width, videoHeight: height } = video;
        return { duration, ended, width, height };
      });
    } finally {
      await page.close();
      server.close();
    }
  }
});
