import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { PlatformId } from '../core/names.ts';
import { platformIds } from '../core/names.ts';
import type { SimAccount, SimApp, SimPlace, World } from './types.ts';

export interface WorldOptions {
  clock: Clock;
  /** Same seed, same clock, same requests: same tokens and ids. */
  seed: number;
  /** Replaces the default app of the platforms it names. */
  apps?: Readonly<Partial<Record<PlatformId, readonly SimApp[]>>>;
  /** Replaces the default accounts of the platforms it names. */
  accounts?: Readonly<Partial<Record<PlatformId, readonly SimAccount[]>>>;
}

/** A breach of a platform's rules by the client. */
export interface Complaint {
  platform: SimPlace;
  what: string;
  at: number;
}

/** The World with what only the sandbox itself looks at. */
export interface OwnedWorld extends World {
  complaints(): Complaint[];
}

/** What a platform wants that is not the usual address of a developer app. */
const redirectUris: Readonly<Partial<Record<PlatformId, readonly string[]>>> = {
  tiktok: ['http://127.0.0.1:*/callback/'],
  youtube: [],
  x: ['http://127.0.0.1:8765/callback'],
  bluesky: [],
  mastodon: [],
  telegram: [],
};

const usualRedirectUris = ['https://localhost:8443/callback'];

/** Ids in a platform's own shape, where it has one. */
const accountIds: Readonly<Partial<Record<PlatformId, readonly [string, string]>>> = {
  tiktok: ['-000Creator_tt.4b10', '_000Second-tt.9c55'],
  youtube: ['UCsandboxCreator00000001', 'UCsandboxSecond000000002'],
  instagram: ['17841405000000000101', '17841405000000000202'],
  x: ['1790000000000000101', '1790000000000000202'],
  facebook: ['122100000000000101', '122100000000000202'],
  threads: ['26100000000000000101', '26100000000000000202'],
  bluesky: ['did:plc:creatorcreatorcreator2a2', 'did:plc:secondsecondsecond2222b3'],
  mastodon: ['113500000000000101', '113500000000000202'],
  linkedin: ['crEaToR101', 'sEcOnD_202'],
  telegram: ['-1002000000101', '-1002000000202'],
};

/** Longer than a float can hold. */
const usualAccountIds = ['1000000000000000101', '1000000000000000202'] as const;

function defaultApp(platform: PlatformId): SimApp {
  return {
    clientId: `sandbox-${platform}-id`,
    clientSecret: `sandbox-${platform}-secret`,
    redirectUris: [...(redirectUris[platform] ?? usualRedirectUris)],
    settings: {},
  };
}

function defaultAccounts(platform: PlatformId): SimAccount[] {
  const [creator, second] = accountIds[platform] ?? usualAccountIds;
  return [
    { id: creator, handle: '@creator', name: 'Creator', settings: {} },
    { id: second, handle: '@second', name: 'Second', settings: {} },
  ];
}

/** Mulberry32: small, seeded, good enough for a simulation; no secret depends on it. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Counted in ms from here, shifted by 22 bits, an id of the 2020s has 19 digits. */
const SNOWFLAKE_EPOCH = Date.UTC(2010, 10, 4);

export function createWorld(options: WorldOptions): OwnedWorld {
  const { clock } = options;
  const random = seededRandom(options.seed);
  const apps = perPlatform((platform) => [...(options.apps?.[platform] ?? [defaultApp(platform)])]);
  const accounts = perPlatform((platform) => [
    ...(options.accounts?.[platform] ?? defaultAccounts(platform)),
  ]);
  const media = new Map<string, Buffer>();
  const complaints: Complaint[] = [];
  let lastSnowflake = 0n;

  return {
    clock,
    random,
    token(prefix, length = 40) {
      let text = prefix;
      for (let n = 0; n < length; n += 1) text += alphabet[Math.floor(random() * alphabet.length)];
      return text;
    },
    snowflake() {
      const wanted = BigInt(Math.max(0, clock.now() - SNOWFLAKE_EPOCH)) << 22n;
      lastSnowflake = wanted > lastSnowflake ? wanted : lastSnowflake + 1n;
      return lastSnowflake.toString();
    },
    keepMedia(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (!media.has(sha256)) media.set(sha256, Buffer.from(bytes));
      return sha256;
    },
    media: (sha256) => media.get(sha256),
    app: (platform, clientId) => apps[platform].find((app) => app.clientId === clientId),
    apps: (platform) => apps[platform],
    accounts: (platform) => accounts[platform],
    complain(platform, what) {
      complaints.push({ platform, what, at: clock.now() });
    },
    // Lent by the sandbox, which knows who answers where.
    fetch: async () => undefined,
    complaints: () => [...complaints],
  };
}

function perPlatform<T>(make: (platform: PlatformId) => T): Record<PlatformId, T> {
  return Object.fromEntries(platformIds.map((platform) => [platform, make(platform)])) as Record<
    PlatformId,
    T
  >;
}
