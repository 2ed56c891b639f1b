import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runChapter } from '../kills/chapter.ts';
import { describeWith } from '../tools.ts';
import { entry } from './home.ts';

describeWith({ faketime: 'faketime' }, 'the real program, killed again and again', () => {
  it('loses nothing and posts nothing twice', { timeout: 400_000, retry: 0 }, async () => {
    const videos = fileURLToPath(new URL('../../src/sandbox/videos', import.meta.url));
    const chapter = await runChapter({ seed: 1, kills: 20, program: entry, videos });
    expect(chapter.breaches, `kept: ${chapter.dir}`).toEqual([]);
    expect(chapter.kills).toBe(20);
    expect(chapter.posts).toBe(chapter.videos * 11);
  });
});
