import { randomBytes } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import PQueue from 'p-queue';
import { type App, openApp } from '../../src/cli/app.ts';
import { saveSetting } from '../../src/cli/config.ts';
import { Failure } from '../../src/core/failure.ts';
import type { PlatformId } from '../../src/core/names.ts';
import type { RuleDestination } from '../../src/core/rule.ts';
import { simulators } from '../../src/sandbox/index.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type SandboxServer, serveSandbox } from '../../src/sandbox/server.ts';
import type { SimAccount } from '../../src/sandbox/types.ts';
import { addToken } from '../../src/web/credentials.ts';
import { behind } from '../gate.ts';
import type { FastClock } from './clock.ts';
import { addKeys, signInAs } from './sign-in.ts';

export interface Size {
  accounts: number;
  destinations: number;
  users: number;
  /** Where they post to. Default: all four of the load. */
  platforms?: readonly PlatformId[];
}

/** Where an agency is, beyond a home of its own on this machine. */
export interface Place {
  /** What its daemon serves, as REPOST_HTTP says it. */
  http: string;
  /** The address of the platforms. Default: loopback. */
  platforms?: string;
  /** Further variables of its home. */
  env?: NodeJS.ProcessEnv;
}

/** An agency in a home of its own, against the sandbox over real sockets. */
export interface Agency {
  dir: string;
  env: NodeJS.ProcessEnv;
  app: App;
  clock: FastClock;
  sandbox: Sandbox;
  server: SandboxServer;
  /** Answers of the platforms by status. */
  answers: Map<number, number>;
  /** Publishes a video on an account’s TikTok, its original in the account’s folder. Gives its mark. */
  film(account: number): Promise<string>;
  tokens(count: number): Promise<string[]>;
}

/** Where an agency’s accounts post to: more than four destinations are second accounts on the same platforms. */
const platforms: readonly PlatformId[] = ['bluesky', 'mastodon', 'linkedin', 'pinterest'];

const video = fileURLToPath(new URL('videos/sunrise.mp4', import.meta.url));

function accountsOf(platform: PlatformId, count: number): SimAccount[] {
  return Array.from({ length: count }, (_, n) => ({
    id: idOf(platform, n),
    handle: `@c${n}`,
    name: `Client ${n}`,
    settings: {},
  }));
}

function idOf(platform: PlatformId, n: number): string {
  const number = String(n).padStart(8, '0');
  switch (platform) {
    case 'tiktok':
      return `-load.${number}_tt`;
    case 'bluesky':
      // Base 32 has no 0, 1, 8 and 9.
      return `did:plc:loadloadloadload${number.replace(/\d/gu, (digit) => 'abcdefghij'[Number(digit)] ?? 'a')}`;
    case 'linkedin':
      return `load${number}`;
    default:
      return `1790000000${number}0`;
  }
}

export async function openAgency(clock: FastClock, size: Size, place: Place): Promise<Agency> {
  const dir = mkdtempSync(join(tmpdir(), 'repost-load-'));
  const used = (size.platforms ?? platforms).slice(0, size.destinations);
  const each = (size.accounts * size.destinations) / used.length;
  const answers = new Map<number, number>();
  const counted = behind(async (_request, _platform, answer) => {
    const answered = await answer();
    answers.set(answered.status, (answers.get(answered.status) ?? 0) + 1);
    return answered;
  });
  const sandbox = createSandbox({
    clock,
    seed: 11,
    simulators: simulators.map(counted),
    accounts: {
      tiktok: accountsOf('tiktok', size.accounts),
      ...Object.fromEntries(used.map((platform) => [platform, accountsOf(platform, each)])),
    },
  });
  const server = await serveSandbox(sandbox, place.platforms === undefined ? {} : { host: place.platforms });
  const env = environment(dir, server, place);
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: process.stderr, env };
  const app = openApp(io, { noInput: true, warn: () => undefined, clock });
  // As an agency of that size would set it; the default is made for a creator.
  saveSetting(app.files.config, 'daemon.concurrency', String(Math.max(8, Math.ceil(size.accounts / 25))));
  const original = join(dir, 'original.mp4');
  copyFileSync(video, original);
  utimesSync(original, new Date(0), new Date(Date.now() - 60_000));
  let filmed = 0;
  const agency: Agency = {
    dir,
    env,
    app,
    clock,
    sandbox,
    server,
    answers,
    async film(account) {
      filmed += 1;
      const mark = `film-${String(filmed).padStart(7, '0')}`;
      const { id } = (await sandbox.control('tiktok', 'publish', {
        account: idOf('tiktok', account),
        caption: `${mark} of client ${account}`,
        durationSeconds: 12,
        width: 576,
        height: 1024,
      })) as { id: string };
      linkSync(original, join(dir, 'originals', String(account), `${id}.mp4`));
      return mark;
    },
    async tokens(count) {
      const store = await app.store();
      const made = [];
      for (let n = 0; n < count; n += 1)
        made.push(
          await addToken(store, { name: 'load', user: null, role: 'operator', expiresAt: null }, clock.now()),
        );
      return made.map(({ secret }) => secret);
    },
  };
  await furnish(agency, size, used);
  return agency;
}

function environment(dir: string, server: SandboxServer, place: Place): NodeJS.ProcessEnv {
  writeFileSync(join(dir, 'origins.json'), JSON.stringify(server.origins));
  writeFileSync(join(dir, 'vault-key'), randomBytes(32), { mode: 0o600 });
  return {
    PATH: process.env['PATH'],
    HOME: dir,
    REPOST_HOME: join(dir, 'home'),
    REPOST_ORIGINS: join(dir, 'origins.json'),
    REPOST_VAULT: 'file',
    CREDENTIALS_DIRECTORY: dir,
    REPOST_NO_INPUT: '1',
    REPOST_HTTP: place.http,
    ...place.env,
  };
}

/** Clients who sign in by the front door, and a rule for each. */
async function furnish(agency: Agency, size: Size, used: readonly PlatformId[]): Promise<void> {
  const { app, sandbox, dir } = agency;
  const store = await app.store();
  for (let n = 0; n < size.users; n += 1)
    await store.users.save({ name: `client-${n}`, role: 'operator', limits: {} }, app.clock.now());
  const all: readonly PlatformId[] = ['tiktok', ...used];
  for (const platform of all) await addKeys(app, platform);
  mkdirSync(join(dir, 'originals'));
  const work = new PQueue({ concurrency: AT_ONCE });
  await work.addAll(
    sandbox.world
      .accounts('tiktok')
      .map((tiktok, client) => () => furnishClient(agency, size, used, client, tiktok)),
  );
}

/** So many clients sign in at once: what waits for the disk waits together. */
const AT_ONCE = 24;

async function furnishClient(
  agency: Agency,
  size: Size,
  used: readonly PlatformId[],
  client: number,
  tiktok: SimAccount,
): Promise<void> {
  const { app, sandbox, dir } = agency;
  const store = await app.store();
  const user = `client-${client % size.users}`;
  const perClient = size.destinations / used.length;
  const accountId = await enter(agency, 'tiktok', tiktok, user);
  const destinations: RuleDestination[] = [];
  for (const platform of used)
    for (const account of sandbox.world
      .accounts(platform)
      .slice(client * perClient, (client + 1) * perClient))
      destinations.push({ accountId: await enter(agency, platform, account, user), options: {} });
  const source = (await store.sources.list()).find((one) => one.accountId === accountId);
  const folder = join(dir, 'originals', String(client));
  mkdirSync(folder);
  await store.rules.add(
    {
      name: `rule-${client}`,
      user,
      sourceId: source?.id ?? 0,
      destinations,
      media: [{ kind: 'folder', path: folder }],
      delayMs: 0,
      approve: false,
      catchUp: { kind: 'all' },
      paused: false,
      startsAt: app.clock.now(),
      spec: {},
    },
    app.clock.now(),
  );
}

/**
 * Signs in; where a platform wants nobody for a while, the while is skipped, and who was on a sign-in page over it begins
 * anew: the page has expired. Gives the account’s id.
 */
async function enter(
  agency: Agency,
  platform: PlatformId,
  account: SimAccount,
  user: string,
): Promise<number> {
  for (;;) {
    const { aheadMs } = agency.clock;
    try {
      return await signInAs(agency.app, platform, account, user);
    } catch (error) {
      if (error instanceof Failure && error.notBefore !== undefined)
        await agency.clock.skipTo(error.notBefore);
      else if (agency.clock.aheadMs === aheadMs) throw error;
    }
  }
}
