import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OffsetClock } from '../../src/sandbox/clock.ts';
import { simulators } from '../../src/sandbox/index.ts';
import { approve, type Choice, type Outcome } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type SandboxServer, serveSandbox } from '../../src/sandbox/server.ts';
import { type Ended, openTerminal, type Terminal } from './terminal.ts';

/** A home of its own, the program in this process, the platforms over real sockets. */
export interface Bench {
  dir: string;
  originals: string;
  terminal: Terminal;
  sandbox: Sandbox;
  server: SandboxServer;
  addApp(platform: string): Promise<void>;
  /** A sign-in whose page a person answers; waits where another test holds the platform's one port. */
  login(args: readonly string[], choice?: Choice): Promise<Ended & { page: Outcome | Error }>;
  signIn(...platforms: string[]): Promise<void>;
  /** A video on the simulated TikTok, its original in the folder. Gives its id. */
  publish(caption: string, file?: string): Promise<string>;
  close(): Promise<void>;
}

export const video = (file: string) =>
  fileURLToPath(new URL(`../../src/sandbox/videos/${file}`, import.meta.url));

export async function openBench(env: NodeJS.ProcessEnv = {}): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'repost-cli-'));
  const originals = join(dir, 'originals');
  mkdirSync(originals);
  const sandbox = createSandbox({ clock: new OffsetClock(), seed: 11, simulators });
  const server = await serveSandbox(sandbox);
  writeFileSync(join(dir, 'origins.json'), JSON.stringify(server.origins));
  writeFileSync(join(dir, 'vault-key'), randomBytes(32), { mode: 0o600 });
  const terminal = openTerminal({
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      REPOST_HOME: join(dir, 'home'),
      REPOST_ORIGINS: join(dir, 'origins.json'),
      REPOST_VAULT: 'file',
      CREDENTIALS_DIRECTORY: dir,
      REPOST_NO_INPUT: '1',
      // Homes of tests share this machine: none takes the usual port.
      REPOST_HTTP: 'off',
      ...env,
    },
  });

  const addApp = async (platform: string) => {
    const keys = ['--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'];
    await terminal.json(['app', 'add', platform, ...keys], `sandbox-${platform}-secret\n`);
  };

  async function login(args: readonly string[], choice: Choice = { account: '@creator' }) {
    for (;;) {
      const session = terminal.start(['login', ...args, '--no-browser', '--json']);
      const first = await session.line();
      if (first === undefined) {
        const ended = await session.ended;
        if (ended.err.includes('E_PORT_TAKEN') && !args.includes('--redirect-uri')) continue;
        return { ...ended, page: new Error('no address was given') };
      }
      const { authorizeUrl } = JSON.parse(first) as { authorizeUrl: string };
      const page = await approve(authorizeUrl, choice).catch((error: Error) => error);
      return { ...(await session.ended), page };
    }
  }

  return {
    dir,
    originals,
    terminal,
    sandbox,
    server,
    addApp,
    login,
    async signIn(...platforms) {
      for (const platform of platforms) {
        await addApp(platform);
        const { code, err } = await login([platform, '--account', '@creator']);
        if (code !== 0) throw new Error(`sign-in to ${platform} ended with ${code}: ${err}`);
      }
    },
    async publish(caption, file = 'sunrise.mp4') {
      const wish = { caption, durationSeconds: 12, width: 576, height: 1024 };
      const { id } = (await sandbox.control('tiktok', 'publish', wish)) as { id: string };
      const path = join(originals, `${id}.mp4`);
      copyFileSync(video(file), path);
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
