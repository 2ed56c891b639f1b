import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/core/clock.ts';
import { instagram } from '../../src/platforms/instagram.ts';
import { driveJob } from './memory-run.ts';
import { mediaFile, openStage, textOf, video } from './meta-world.ts';

describe('publishing to Instagram', () => {
  it('makes a container, sends the file, waits and publishes', async () => {
    const stage = openStage(instagram);
    const { account, http } = await stage.login();
    const media = mediaFile();
    const outcome = await driveJob(
      instagram,
      { http, account, video, media, text: textOf('Hello #one'), options: {} },
      stage.clock,
    );
    expect(outcome.state).toBe('published');
    const [post, ...others] = stage.sandbox.posts();
    expect(others).toEqual([]);
    expect(outcome.post).toEqual({ id: post?.id, url: post?.url });
    expect(post).toMatchObject({ text: 'Hello #one', bytes: media.bytes, accountId: account.remoteId, visible: true });
    expect(stage.sandbox.complaints()).toEqual([]);
  });
});
