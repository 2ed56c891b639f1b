import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Gate } from '../gate.ts';
import { describeWith } from '../tools.ts';
import { entry } from './home.ts';
import { type FaultStage, openStage } from './stage.ts';

const HOUR = 3_600_000;

/** Dies when this platform has renewed the sign-in, before its answer leaves. */
let hunt: { platform: string; victim: ChildProcess; gone: Promise<unknown> } | undefined;

const gate: Gate = async (request, platform, answer) => {
  const answered = await answer();
  if (hunt?.platform !== platform || !request.path.endsWith('/token')) return answered;
  hunt.victim.kill('SIGKILL');
  await hunt.gone;
  return answered;
};

describeWith(
  { faketime: 'faketime' },
  'a process that dies between the renewal of a sign-in and its own note',
  () => {
    let stage: FaultStage;
    beforeAll(async () => {
      stage = await openStage(['x', 'youtube'], { gate });
    }, 180_000);
    afterAll(() => stage?.close());

    /** A sync that dies at the renewal, long after the access tokens ended. */
    async function dieRenewing(platform: string): Promise<void> {
      stage.skip(3 * HOUR);
      const victim = spawn(process.execPath, [entry, 'sync'], { env: stage.movedEnv(), stdio: 'ignore' });
      const gone = new Promise((resolve) => victim.once('exit', resolve));
      hunt = { platform, victim, gone };
      await gone;
      hunt = undefined;
      expect(victim.signalCode).toBe('SIGKILL');
    }
    const jobOn = async (platform: string, caption: string) =>
      (await stage.jobs(caption)).find(({ destination }) => destination.platform === platform);

    it('X gave out a new refresh token: the account says so, its job waits, and goes out once after the sign-in', async () => {
      await stage.publish('the last token was lost');
      await dieRenewing('x');
      const ended = await stage.sync();
      expect(ended.code).toBe(0);
      const waiting = await jobOn('x', 'the last token');
      expect(waiting).toMatchObject({
        state: 'waiting',
        reason: 'login',
        error: {
          code: 'E_LOGIN_NEEDED',
          class: 'auth',
          message: expect.stringContaining('in an answer that never arrived'),
          command: 'repost login x',
        },
      });
      const accounts = JSON.parse((await stage.run('accounts', 'list', '--json')).stdout) as {
        account: string;
        status: string;
      }[];
      expect(accounts.find(({ account }) => account === 'x:@creator')?.status).toBe('login-needed');
      expect((await stage.run('status')).stdout).toContain('repost login x');
      // Nothing tries in vain meanwhile.
      stage.skip(HOUR);
      const before = stage.sandbox.requests().filter(({ platform }) => platform === 'x').length;
      await stage.sync();
      expect(stage.sandbox.requests().filter(({ platform }) => platform === 'x').length).toBe(before);
      expect(stage.shown('x', 'the last token')).toEqual([]);
      await stage.signIn('x');
      expect((await stage.sync()).summary).toMatchObject({ waiting: 0, dead: 0, unknown: 0 });
      expect(stage.shown('x', 'the last token')).toHaveLength(1);
      expect(stage.shown('youtube', 'the last token')).toHaveLength(1);
    });

    it('YouTube’s refresh tokens stay good: it goes on by itself', async () => {
      await stage.publish('the token that lasts');
      await dieRenewing('youtube');
      await stage.sync();
      expect(await jobOn('youtube', 'the token that lasts')).toMatchObject({ state: 'published' });
      expect(stage.shown('youtube', 'the token that lasts')).toHaveLength(1);
    });
  },
);
