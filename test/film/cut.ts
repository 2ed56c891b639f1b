import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { pageOf, type Scene } from './picture.ts';

/** Sets the scenes as pictures and cuts them into a film: WebM (VP9) with chapters, and captions beside it. */
export async function cutFilm(browser: Browser, scenes: readonly Scene[], folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const list: string[] = [];
  for (const [index, scene] of scenes.entries()) {
    const file = `still-${String(index + 1).padStart(2, '0')}.png`;
    await page.setContent(pageOf(scene));
    await page.screenshot({ path: join(folder, file) });
    list.push(`file '${file}'`, `duration ${scene.seconds}`);
  }
  await page.close();
  // The last picture is named twice: https://trac.ffmpeg.org/wiki/Slideshow
  list.push(list.at(-2) ?? '');
  writeFileSync(join(folder, 'pictures.txt'), `${list.join('\n')}\n`);
  writeFileSync(join(folder, 'chapters.txt'), chaptersOf(scenes));
  writeFileSync(join(folder, 'captions.vtt'), captionsOf(scenes));
  const film = join(folder, 'repost.webm');
  const inputs = ['-f', 'concat', '-i', 'pictures.txt', '-i', 'chapters.txt', '-i', 'captions.vtt'];
  const tracks = ['-map', '0:v', '-map', '2:s', '-map_metadata', '1', '-c:s', 'webvtt'];
  const picture = [
    '-c:v',
    'libvpx-vp9',
    '-crf',
    '34',
    '-b:v',
    '0',
    '-r',
    '5',
    '-g',
    '50',
    '-pix_fmt',
    'yuv420p',
  ];
  const quick = ['-deadline', 'realtime', '-cpu-used', '8', '-t', String(lengthOf(scenes))];
  execFileSync(
    'ffmpeg',
    ['-nostdin', '-v', 'error', '-y', ...inputs, ...tracks, ...picture, ...quick, film],
    {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  return film;
}

export const lengthOf = (scenes: readonly Scene[]) => scenes.reduce((sum, { seconds }) => sum + seconds, 0);

interface Placed extends Scene {
  from: number;
}

function placed(scenes: readonly Scene[]): Placed[] {
  return scenes.map((scene, index) => ({ ...scene, from: lengthOf(scenes.slice(0, index)) }));
}

/** https://ffmpeg.org/ffmpeg-formats.html#Metadata-2 */
function chaptersOf(scenes: readonly Scene[]): string {
  const all = placed(scenes);
  const firsts = all.filter(({ chapter }, index) => chapter !== all[index - 1]?.chapter);
  const parts = firsts.map(({ chapter, from }, index) => {
    const end = firsts[index + 1]?.from ?? lengthOf(scenes);
    return `[CHAPTER]\nTIMEBASE=1/1\nSTART=${from}\nEND=${end}\ntitle=${chapter}`;
  });
  return [';FFMETADATA1', 'title=repost: from nothing to the first post', ...parts, ''].join('\n');
}

function captionsOf(scenes: readonly Scene[]): string {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().slice(11, 23);
  const cues = placed(scenes).map(
    ({ caption, from, seconds }) => `${time(from)} --> ${time(from + seconds)}\n${caption}`,
  );
  return `WEBVTT\n\n${cues.join('\n\n')}\n`;
}
