import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimPost } from '../../src/sandbox/types.ts';
import { type Lookout, openLookout } from './lookout.ts';
import { signInEverywhere } from './person.ts';
import { type RealProgram, realProgram } from './program.ts';

/** A creator's machine and the platforms: a home of the real program, a real `repost sandbox`, a lookout between. */
export interface World {
  dir: string;
  repost: RealProgram;
  lookout: Lookout;
  /** Publishes one video on the simulated TikTok; its original is in the folder. */
  publish(caption: string): Promise<void>;
  /** Moves the clocks of the program and the platforms ahead together. */
  skip(ms: number): Promise<void>;
  control(path: string, body?: unknown): Promise<unknown>;
  /** For signing in: the browser is sent from page to page of the sandbox itself. */
  unwatched<T>(work: () => Promise<T>): Promise<T>;
  posts(): Promise<SimPost[]>;
  close(options: { keep: boolean }): Promise<void>;
}

export interface WorldOptions {
  /** The program's entry: bin/repost. */
  program: string;
  /** The folder of the sandbox's videos. */
  videos: string;
}

/** Nobody needs to wait for a platform's machinery here: what is tested is dying, and every life shall be short. */
const fast: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  youtube: { processingMs: 0 },
  instagram: { processingMs: 0 },
  facebook: { processingMs: 0 },
  threads: { processingMs: 0 },
  bluesky: { processingMs: 0 },
  mastodon: { processingSeconds: 0 },
  linkedin: { processingSeconds: 0 },
  pinterest: { processingSeconds: 0, noticeSeconds: 0 },
  tiktok: { processingSeconds: 0, moderationSeconds: 0 },
  x: { processingSeconds: 0 },
};

export async function openWorld({ program, videos }: WorldOptions): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'repost-kills-'));
  const originals = join(dir, 'originals');
  mkdirSync(originals);
  // A key needs no stretching, which a passphrase costs every process.
  writeFileSync(join(dir, 'vault-key'), randomBytes(32), { mode: 0o600 });
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: dir,
    REPOST_HOME: join(dir, 'home'),
    REPOST_ORIGINS: join(dir, 'origins.json'),
    REPOST_VAULT: 'file',
    CREDENTIALS_DIRECTORY: dir,
    REPOST_NO_INPUT: '1',
  };
  writeFileSync(join(dir, 'origins.json'), '{}');
  const repost = realProgram(program, env);
  const sandbox = repost.start(['sandbox', '--json']);
  const told = JSON.parse(await sandbox.nextLine()) as { origins: Record<string, string>; control: string };
  const sandboxUrl = new URL(told.control).origin;
  const lookout = await openLookout(sandboxUrl);
  const writeOrigins = (base: string) =>
    writeFileSync(
      join(dir, 'origins.json'),
      JSON.stringify(
        Object.fromEntries(Object.entries(told.origins).map(([k, v]) => [k, v.replace(sandboxUrl, base)])),
      ),
    );

  async function control(path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await ask(`${told.control}${path}`, body);
    const value: unknown = JSON.parse(text);
    if (status === undefined || status >= 300) throw new Error(`${path}: ${text}`);
    return value;
  }

  const world: World = {
    dir,
    repost,
    lookout,
    control,
    posts: async () => (await control('/posts')) as SimPost[],
    async publish(caption) {
      const file = join(videos, 'sunrise.mp4');
      const facts = { caption, file, durationSeconds: 12, width: 576, height: 1024 };
      const { id } = (await control('/tiktok/publish', facts)) as { id: string };
      const path = join(originals, `${id}.mp4`);
      copyFileSync(file, path);
      // A file that changed a moment ago may still be growing: nobody has to wait for this one.
      utimesSync(path, new Date(0), new Date(Date.now() - 60_000));
    },
    async skip(ms) {
      await control('/clock', { advanceMs: ms });
      repost.aheadMs += ms;
    },
    async unwatched(work) {
      writeOrigins(sandboxUrl);
      return work().finally(() => writeOrigins(lookout.url));
    },
    async close({ keep }) {
      sandbox.child.kill('SIGTERM');
      await Promise.all([sandbox.ended, lookout.close()]);
      if (!keep) rmSync(dir, { recursive: true, force: true });
    },
  };
  for (const [platform, quirks] of Object.entries(fast)) await control(`/${platform}/quirks`, quirks);
  const accounts = await world.unwatched(() => signInEverywhere(repost));
  await repost.run(['config', 'set', 'retry.base', '10ms']);
  await repost.run(['config', 'set', 'poll.interval', '1s']);
  const to = accounts.flatMap((account) => ['--to', account]);
  const media = ['--media', `folder:${originals}`];
  await repost.run(['rule', 'add', '--name', 'everywhere', '--from', 'tiktok:@creator', ...to, ...media]);
  // The first poll only takes note of what is there.
  await repost.run(['sync']);
  return world;
}

/** On a connection of its own: one that was kept may be closed by the other side just then. */
function ask(url: string, body: unknown): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request(url, { agent: false, method }, async (answer) => {
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk;
      resolve({ status: answer.statusCode, text });
    });
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
