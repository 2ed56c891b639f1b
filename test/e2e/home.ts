import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgram, type Program, type Running } from '../../src/cli/child.ts';
import { type MovableClock, OffsetClock } from '../../src/sandbox/clock.ts';
import { simulators } from '../../src/sandbox/index.ts';
import { approve } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type SandboxServer, serveSandbox } from '../../src/sandbox/server.ts';
import { behind, type Gate } from '../gate.ts';

/** What a person runs. */
export const entry = fileURLToPath(new URL('../../bin/repost', import.meta.url));

/** The real program in a home of its own, against the sandbox over real sockets. */
export interface CliHome {
  dir: string;
  originals: string;
  env: NodeJS.ProcessEnv;
  repost: Program;
  clock: MovableClock;
  sandbox: Sandbox;
  server: SandboxServer;
  /** Keys and sign-in, as a person would. */
  signIn(platform: string): Promise<void>;
  /** A video on the simulated TikTok, its original in the folder. Gives its id. */
  publish(caption: string, file?: string): Promise<string>;
  close(): Promise<void>;
}

export interface CliHomeOptions {
  /** Sees each request to a platform as it comes. */
  gate?: Gate;
  env?: NodeJS.ProcessEnv;
}

export async function openCliHome(options: CliHomeOptions = {}): Promise<CliHome> {
  const dir = mkdtempSync(join(tmpdir(), 'repost-e2e-'));
  const originals = join(dir, 'originals');
  mkdirSync(originals);
  const clock = new OffsetClock();
  const { gate } = options;
  const platforms = gate ? simulators.map(behind(gate)) : simulators;
  const sandbox = createSandbox({ clock, seed: 7, simulators: platforms });
  const server = await serveSandbox(sandbox);
  writeFileSync(join(dir, 'origins.json'), JSON.stringify(server.origins));
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
    // Homes of tests share this machine: none takes the usual port.
    REPOST_HTTP: 'off',
    ...options.env,
  };
  const repost = createProgram(env);
  return {
    dir,
    originals,
    env,
    repost,
    clock,
    sandbox,
    server,
    async signIn(platform) {
      await repost.run(
        ['app', 'add', platform, '--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'],
        `sandbox-${platform}-secret\n`,
      );
      const { login, authorizeUrl } = await startLogin(repost, platform);
      await approve(authorizeUrl, { account: '@creator' });
      await login.succeeded();
    },
    async publish(caption, file = 'sunrise.mp4') {
      const seconds = { 'waves.mp4': 9, 'long-walk.mp4': 64 }[file] ?? 12;
      const video = fileURLToPath(new URL(`../../src/sandbox/videos/${file}`, import.meta.url));
      const { id } = (await sandbox.control('tiktok', 'publish', {
        caption,
        file: video,
        durationSeconds: seconds,
        width: 576,
        height: 1024,
      })) as { id: string };
      const path = join(originals, `${id}.mp4`);
      copyFileSync(video, path);
      // A file that changed a moment ago may still be growing: nobody has to wait for this one.
      utimesSync(path, new Date(0), new Date(Date.now() - 60_000));
      return id;
    },
    async close() {
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Some platforms know one port only, and other tests sign in as well: whoever comes later waits. */
export async function startLogin(
  repost: Program,
  platform: string,
  more: readonly string[] = ['--account', '@creator'],
): Promise<{ login: Running; authorizeUrl: string }> {
  for (let attemptsLeft = 200; ; attemptsLeft -= 1) {
    const login = repost.start(['login', platform, '--no-browser', '--json', ...more]);
    try {
      const { authorizeUrl } = JSON.parse(await login.nextLine()) as { authorizeUrl: string };
      return { login, authorizeUrl };
    } catch (error) {
      if (attemptsLeft === 0 || !String(error).includes('E_PORT_TAKEN')) throw error;
    }
  }
}
