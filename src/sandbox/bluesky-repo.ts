import type { Caller } from './bluesky-access.ts';
import { needBlob, needRepo } from './bluesky-access.ts';
import { canonical, cidOf, jsonOf, need, ok, refuse } from './bluesky-answers.ts';
import { blobsIn, postOf, sniffed } from './bluesky-contents.ts';
import { checkKey, checkPost, tidAt } from './bluesky-lexicon.ts';
import type { Ticket } from './bluesky-limits.ts';
import type { Network, Resident } from './bluesky-network.ts';
import type { BlueskyQuirks } from './bluesky-quirks.ts';
import type { SimPost, SimRequest, SimResponse, World } from './types.ts';

type Json = Record<string, unknown>;

/** A file in an account's repository. */
export interface KeptBlob {
  cid: string;
  mimeType: string;
  size: number;
  /** Of the bytes that a viewer gets to see: the upload's own, also where they were made ready anew. */
  sha256: string;
  mediaBytes: number;
  keptAt: number;
  used: boolean;
}

export interface KeptRecord {
  did: string;
  collection: string;
  rkey: string;
  cid: string;
  value: Json;
  writtenAt: number;
}

export interface Repo {
  write(request: SimRequest, caller: Caller, ticket: Ticket): SimResponse;
  read(request: SimRequest, pds: string): SimResponse;
  upload(request: SimRequest, resident: Resident): SimResponse;
  /** Keeps a file, as the video service does. Throws a Refusal as the server would answer. */
  keep(resident: Resident, bytes: Buffer, mimeType: string, shown?: Buffer): KeptBlob;
  /** A record the account's person makes in the app. */
  post(resident: Resident, value: Json, rkey?: string): KeptRecord;
  remove(uri: string): void;
  dropBlobs(): number;
  records(): readonly KeptRecord[];
  posts(): SimPost[];
}

const POSTS = 'app.bsky.feed.post';

export function createRepo(world: World, quirks: BlueskyQuirks, network: Network): Repo {
  let records: KeptRecord[] = [];
  const blobs = new Map<string, KeptBlob>();

  const find = (did: string, collection: string, rkey: string) =>
    records.find((one) => one.did === did && one.collection === collection && one.rkey === rkey);
  const uriOf = ({ did, collection, rkey }: KeptRecord) => `at://${did}/${collection}/${rkey}`;

  /** A used file lives on; an unused one is swept away. */
  function blob(did: string, cid: string): KeptBlob | undefined {
    const found = blobs.get(`${did} ${cid}`);
    return found && (found.used || world.clock.now() - found.keptAt < quirks.blobLifeMs) ? found : undefined;
  }

  function store(did: string, input: Json, existing?: KeptRecord): KeptRecord {
    const collection = need(input['collection'], 'collection');
    const value = (input['record'] ?? {}) as Json;
    const rkey = typeof input['rkey'] === 'string' ? input['rkey'] : tidAt(world.clock.now(), world.random);
    const files = blobsIn(value).map(
      (cid) => blob(did, cid) ?? refuse(400, 'BlobNotFound', `Could not find blob: ${cid}`),
    );
    for (const file of files) file.used = true;
    const record = {
      did,
      collection,
      rkey,
      cid: cidOf(canonical(value), 'record'),
      value,
      writtenAt: existing?.writtenAt ?? world.clock.now(),
    };
    records = [record, ...records.filter((one) => one !== existing)];
    return record;
  }

  function written(record: KeptRecord): SimResponse {
    return ok({
      uri: uriOf(record),
      cid: record.cid,
      commit: {
        cid: cidOf(`${record.cid} ${records.length}`, 'record'),
        rev: tidAt(world.clock.now(), world.random),
      },
      validationStatus: record.collection === POSTS ? 'valid' : 'unknown',
    });
  }

  function check(input: Json): void {
    const collection = need(input['collection'], 'collection');
    const { rkey, record, validate } = input;
    if (validate === false) return;
    if (typeof rkey === 'string') checkKey(collection, rkey);
    if (typeof record !== 'object' || record === null)
      refuse(400, 'InvalidRequest', 'Missing required key "record"');
    if ((record as Json)['$type'] !== undefined && (record as Json)['$type'] !== collection)
      refuse(
        400,
        'InvalidRequest',
        `Invalid $type: expected ${collection}, got ${(record as Json)['$type']}`,
      );
    if (collection === POSTS) checkPost(world, record as Json, quirks.lexiconVideoBytes);
  }

  function create(did: string, input: Json): SimResponse {
    check(input);
    const known = find(did, String(input['collection']), String(input['rkey']));
    // Not a word of a conflict: the write fails deep inside.
    if (known) return refuse(500, 'InternalServerError', 'Internal Server Error');
    return written(store(did, input));
  }

  function put(did: string, input: Json): SimResponse {
    need(input['rkey'], 'rkey');
    check(input);
    const known = find(did, String(input['collection']), String(input['rkey']));
    if (known?.cid === cidOf(canonical(input['record']), 'record'))
      return ok({ uri: uriOf(known), cid: known.cid, validationStatus: 'valid' });
    const swap = input['swapRecord'];
    if (swap !== undefined && swap !== (known?.cid ?? null))
      return refuse(400, 'InvalidSwap', `Record was at ${known?.cid ?? 'null'}`);
    return written(store(did, input, known));
  }

  function remove(did: string, input: Json): SimResponse {
    const known = find(did, need(input['collection'], 'collection'), need(input['rkey'], 'rkey'));
    records = records.filter((one) => one !== known);
    return ok({});
  }

  function applyWrites(did: string, input: Json): SimResponse {
    const writes = (Array.isArray(input['writes']) ? input['writes'] : []) as Json[];
    const results = writes.map((write) => {
      const kind = String(write['$type']).split('#')[1];
      const inner = { ...write, record: write['value'], validate: input['validate'] };
      const { body } =
        kind === 'create' ? create(did, inner) : kind === 'update' ? put(did, inner) : remove(did, inner);
      return body;
    });
    return ok({ results });
  }

  function list(request: SimRequest, resident: Resident): SimResponse {
    const { query } = request;
    const collection = query.get('collection') ?? '';
    const limit = Math.min(100, Math.max(1, Number(query.get('limit') ?? 50)));
    const cursor = query.get('cursor');
    const all = records
      .filter((one) => one.did === resident.did && one.collection === collection)
      .sort((one, other) => (one.rkey < other.rkey ? 1 : -1))
      .filter((one) => cursor === null || one.rkey < cursor);
    const page = all.slice(0, limit);
    const last = page.at(-1)?.rkey;
    return ok({
      records: page.map((one) => ({ uri: uriOf(one), cid: one.cid, value: one.value })),
      ...(all.length > page.length && last !== undefined ? { cursor: last } : {}),
    });
  }

  const repo: Repo = {
    write(request, caller, ticket) {
      const input = jsonOf(request);
      const { did } = caller.resident;
      const method = request.path.split('.').at(-1);
      const named = network.find(need(input['repo'], 'repo'));
      if (!named) return refuse(403, 'AccountNotFound', 'Account not found');
      if (named.did !== did) return refuse(401, 'AuthenticationRequired', 'Authentication Required');
      const collection = String(input['collection'] ?? POSTS);
      needRepo(
        caller,
        collection,
        { createRecord: ['create'], putRecord: ['create', 'update'], deleteRecord: ['delete'] }[
          String(method)
        ] ?? ['create', 'update', 'delete'],
      );
      ticket.spend('points', { createRecord: 3, putRecord: 2, deleteRecord: 1 }[String(method)] ?? 3, did);
      switch (method) {
        case 'createRecord':
          return create(did, input);
        case 'putRecord':
          return put(did, input);
        case 'deleteRecord':
          return remove(did, input);
        default:
          return applyWrites(did, input);
      }
    },
    read(request, pds) {
      const { query } = request;
      const asked = query.get('repo') ?? query.get('did') ?? '';
      const resident = network.find(asked);
      if (!resident || resident.pds !== pds)
        return refuse(400, 'InvalidRequest', `Could not find repo: ${asked}`);
      if (request.path.endsWith('listRecords')) return list(request, resident);
      if (request.path.endsWith('getLatestCommit'))
        return ok({
          cid: cidOf(`${resident.did} ${records.length}`, 'record'),
          rev: tidAt(world.clock.now(), () => 0),
        });
      const [collection, rkey] = [query.get('collection') ?? '', query.get('rkey') ?? ''];
      const found = find(resident.did, collection, rkey);
      if (!found)
        return refuse(
          400,
          'RecordNotFound',
          `Could not locate record: at://${resident.did}/${collection}/${rkey}`,
        );
      return ok({ uri: uriOf(found), cid: found.cid, value: found.value });
    },
    upload(request, resident) {
      const type = request.headers['content-type'];
      if (type === undefined)
        return refuse(400, 'InvalidRequest', 'Request encoding (Content-Type) required but not provided');
      if (!request.complete) return refuse(400, 'InvalidRequest', 'request aborted');
      const { cid, mimeType, size } = repo.keep(resident, request.body, type);
      return ok({ blob: { $type: 'blob', ref: { $link: cid }, mimeType, size } });
    },
    keep(resident, bytes, mimeType, shown = bytes) {
      if (bytes.length > quirks.blobLimitBytes)
        return refuse(413, 'PayloadTooLarge', 'request entity too large');
      const cid = cidOf(bytes, 'raw');
      const key = `${resident.did} ${cid}`;
      const known = blobs.get(key);
      const kept = known ?? {
        cid,
        mimeType: sniffed(bytes) ?? mimeType,
        size: bytes.length,
        sha256: world.keepMedia(shown),
        mediaBytes: shown.length,
        keptAt: world.clock.now(),
        used: false,
      };
      kept.keptAt = world.clock.now();
      blobs.set(key, kept);
      return kept;
    },
    post: ({ did }, value, rkey) =>
      store(did, { collection: POSTS, record: value, ...(rkey === undefined ? {} : { rkey }) }),
    remove: (uri) => {
      const known = records.find((one) => uriOf(one) === uri);
      if (!known) throw new Error(`there is no record ${uri}`);
      records = records.filter((one) => one !== known);
    },
    dropBlobs() {
      const unused = [...blobs].filter(([, one]) => !one.used);
      for (const [key] of unused) blobs.delete(key);
      return unused.length;
    },
    records: () => records,
    posts: () =>
      records
        .filter(({ collection }) => collection === POSTS)
        .map((record) => postOf(record, (cid) => blobs.get(`${record.did} ${cid}`), uriOf(record))),
  };
  return repo;
}

export function uploadAllowed(caller: Caller, request: SimRequest): void {
  needBlob(caller, request.headers['content-type'] ?? '*/*');
}
