import { ok, refuse } from './bluesky-answers.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';

export const entryway = 'https://bsky.social';
export const appView = 'https://public.api.bsky.app';
export const plc = 'https://plc.directory';
export const video = 'https://video.bsky.app';

/** Two hosts of Bluesky's own, and one that somebody runs for himself. */
export const hosts = [
  'https://morel.us-east.host.bsky.network',
  'https://shimeji.us-west.host.bsky.network',
  'https://pds.example.org',
] as const;

/** An account and where it lives. */
export interface Resident {
  account: SimAccount;
  did: string;
  handle: string;
  pds: string;
  status: 'active' | 'deactivated' | 'takendown';
}

export interface Network {
  residents(): Resident[];
  /** By DID, handle or the sandbox's own short handle. */
  find(identifier: string): Resident | undefined;
  /** Who signs the accounts of a host in. */
  issuerOf(pds: string): string;
  move(identifier: string, pds: string): Resident;
  setStatus(identifier: string, status: Resident['status']): Resident;
  /** Hosts that an account has left: they know it as deactivated. */
  hasLeft(did: string, pds: string): boolean;
}

export const hostDid = (origin: string) => `did:web:${new URL(origin).host}`;

export function createNetwork(world: World): Network {
  const homes = new Map<string, string>();
  const statuses = new Map<string, Resident['status']>();
  const left = new Set<string>();

  function residentOf(account: SimAccount): Resident {
    const handle = account.handle.replace(/^@/u, '');
    return {
      account,
      did: account.id,
      handle: handle.includes('.') ? handle : `${handle}.bsky.social`,
      pds: homes.get(account.id) ?? hosts[0],
      status: statuses.get(account.id) ?? 'active',
    };
  }

  const residents = () => world.accounts('bluesky').map(residentOf);

  function need(identifier: string): Resident {
    const found = find(identifier);
    if (!found) throw new Error(`there is no account ${identifier}`);
    return found;
  }

  function find(identifier: string): Resident | undefined {
    const plain = identifier.toLowerCase().replace(/^@/u, '');
    return residents().find(
      ({ did, handle, account }) =>
        did === identifier || handle === plain || account.handle.replace(/^@/u, '') === plain,
    );
  }

  return {
    residents,
    find,
    issuerOf: (pds) => (pds.endsWith('.host.bsky.network') ? entryway : pds),
    move(identifier, pds) {
      if (!(hosts as readonly string[]).includes(pds)) throw new Error(`pds is one of ${hosts.join(', ')}`);
      const resident = need(identifier);
      left.add(`${resident.did} ${resident.pds}`);
      left.delete(`${resident.did} ${pds}`);
      homes.set(resident.did, pds);
      return need(identifier);
    },
    setStatus(identifier, status) {
      statuses.set(need(identifier).did, status);
      return need(identifier);
    },
    hasLeft: (did, pds) => left.has(`${did} ${pds}`),
  };
}

/** The directory of DIDs. */
export function answerPlc(network: Network, request: SimRequest): SimResponse {
  const did = decodeURIComponent(request.path.slice(1));
  const resident = network.residents().find((one) => one.did === did);
  if (!resident) return { status: 404, body: { message: `DID not registered: ${did}` } };
  return {
    status: 200,
    headers: { 'content-type': 'application/did+ld+json; charset=utf-8' },
    body: {
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
      id: resident.did,
      alsoKnownAs: [`at://${resident.handle}`],
      verificationMethod: [],
      service: [
        { id: '#bsky_notif', type: 'BskyNotificationService', serviceEndpoint: appView },
        { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: resident.pds },
      ],
    },
  };
}

export function resolveHandle(network: Network, request: SimRequest): SimResponse {
  const handle = (request.query.get('handle') ?? '').toLowerCase();
  if (!/^([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/u.test(handle))
    refuse(400, 'InvalidRequest', 'Error: handle must be a valid handle');
  const resident = network.residents().find((one) => one.handle === handle);
  if (!resident) return refuse(400, 'InvalidRequest', 'Unable to resolve handle');
  return ok({ did: resident.did });
}

/** Bluesky's own view of an account. */
export function getProfile(network: Network, request: SimRequest): SimResponse {
  const resident = network.find(request.query.get('actor') ?? '');
  if (!resident) return refuse(400, 'InvalidRequest', 'Profile not found');
  const { did, handle, account } = resident;
  return ok({ did, handle, displayName: account.name, postsCount: 0, followersCount: 0 });
}
