import { HOUR, SECOND } from '../core/clock.ts';
import { invalid, notFound, parametersOf, proxyPage, refuse } from './mastodon-answers.ts';
import { type MastodonQuirks, since } from './mastodon-quirks.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';

export interface Media {
  id: string;
  accountId: string;
  sha256: string;
  bytes: number;
  kind: 'video' | 'image';
  /** SHA-256 of the thumbnail that came along. */
  cover: string | null;
  description: string | null;
  uploadedAt: number;
  /** When it is converted (epoch ms); null: never. */
  readyAt: number | null;
  failed: boolean;
  /** How often somebody asked for it while it wasn't ready. */
  polls: number;
  /** Of the post that carries it. */
  statusId: string | null;
}

export interface MastodonMedia {
  upload(request: SimRequest, account: SimAccount, way: 'v1' | 'v2'): SimResponse;
  show(account: SimAccount, id: string): SimResponse;
  remove(account: SimAccount, id: string): SimResponse;
  /** An upload of this account that belongs to no post yet. */
  unattached(account: SimAccount, id: string): Media | undefined;
  isReady(media: Media): boolean;
  entity(media: Media, id?: string): object;
  /** The file behind `/system/media_attachments/files/ID.mp4`. */
  file(id: string): Buffer | undefined;
}

interface State {
  world: World;
  host: string;
  quirks: MastodonQuirks;
  media: Map<string, Media>;
}

/** https://docs.joinmastodon.org/methods/media/ */
export function createMedia(world: World, host: string, quirks: MastodonQuirks): MastodonMedia {
  const state: State = { world, host, quirks, media: new Map() };
  return {
    upload: (request, account, way) => upload(state, request, account, way),
    show: (account, id) => show(state, account, id),
    remove(account, id) {
      const media = unattached(state, account, id);
      if (!since(quirks, 4, 4)) throw refuse(404, 'Not Found');
      if (!media) throw notFound();
      state.media.delete(id);
      return { status: 200, body: {} };
    },
    unattached: (account, id) => unattached(state, account, id),
    isReady: (media) => isReady(state, media),
    entity: (media, id) => entity(state, media, id),
    file: (id) => world.media(state.media.get(id)?.sha256 ?? ''),
  };
}

function unattached({ media, world, quirks }: State, account: SimAccount, id: string): Media | undefined {
  const found = media.get(id);
  if (!found || found.accountId !== account.id || found.statusId !== null) return undefined;
  const purged = world.clock.now() - found.uploadedAt >= quirks.mediaHours * HOUR;
  return purged ? undefined : found;
}

function upload(state: State, request: SimRequest, account: SimAccount, way: 'v1' | 'v2'): SimResponse {
  const { world, quirks } = state;
  if (quirks.proxyBytes > 0 && request.body.length > quirks.proxyBytes)
    throw proxyPage(413, 'Request Entity Too Large');
  const wish = parametersOf(request);
  const file = wish.file('file');
  if (!file || file.value.length === 0) throw invalid(quirks, request, 'noFile');
  const kind = kindOf(file.value);
  if (kind === undefined) throw invalid(quirks, request, 'type');
  if (kind === 'video' && file.value.length > quirks.videoBytes)
    throw invalid(quirks, request, 'size', String(quirks.videoBytes));
  const cover = wish.file('thumbnail');
  if (cover && (quirks.refusesCovers || kindOf(cover.value) !== 'image'))
    throw refuse(422, 'Validation failed: Thumbnail content type is invalid');
  const { width, height } = pictureOf(file.value);
  if (kind === 'video' && width * height > quirks.videoPixels)
    throw invalid(quirks, request, 'picture', `${width}x${height}`);
  const fate = quirks.processingTimes > 0 ? quirks.processing : 'done';
  if (quirks.processingTimes > 0) quirks.processingTimes -= 1;
  const now = world.clock.now();
  const atOnce = way === 'v1' || quirks.readyAtOnce || kind === 'image';
  const media: Media = {
    id: world.snowflake(),
    accountId: account.id,
    sha256: world.keepMedia(file.value),
    bytes: file.value.length,
    kind,
    cover: cover ? world.keepMedia(cover.value) : null,
    description: wish.text('description') || null,
    uploadedAt: now,
    readyAt: fate === 'endless' ? null : atOnce ? now : now + quirks.processingSeconds * SECOND,
    failed: fate === 'failed',
    polls: 0,
    statusId: null,
  };
  if (atOnce && media.failed) throw processingFailed();
  state.media.set(media.id, media);
  return { status: isReady(state, media) ? 200 : 202, body: entity(state, media) };
}

function show(state: State, account: SimAccount, id: string): SimResponse {
  const { quirks, world } = state;
  const media = quirks.askable ? unattached(state, account, id) : undefined;
  if (!media) throw notFound();
  if (media.failed && media.readyAt !== null && world.clock.now() >= media.readyAt) throw processingFailed();
  if (isReady(state, media)) return { status: 200, body: entity(state, media) };
  media.polls += 1;
  const empty = quirks.emptyPolls && media.polls % 2 === 0;
  return empty ? { status: 206 } : { status: 206, body: entity(state, media) };
}

const processingFailed = () => refuse(422, 'Error processing thumbnail for uploaded media');

function isReady({ world }: State, { readyAt, failed }: Media): boolean {
  return !failed && readyAt !== null && world.clock.now() >= readyAt;
}

/** https://docs.joinmastodon.org/entities/MediaAttachment/ */
function entity(state: State, media: Media, id = media.id): object {
  const at = `https://${state.host}/system/media_attachments/files/${media.id}`;
  return {
    id,
    type: media.kind,
    url: isReady(state, media) ? `${at}.mp4` : null,
    preview_url: `${at}.png`,
    remote_url: null,
    meta: { original: { width: 576, height: 1024, frame_rate: '30/1', duration: 12 } },
    description: media.description,
    blurhash: 'UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH',
  };
}

/** By the first bytes, as the server's `file` does; undefined where it is nothing that is taken. */
function kindOf(file: Buffer): Media['kind'] | undefined {
  if (file.subarray(4, 8).toString('latin1') === 'ftyp') return 'video';
  if (file.readUInt32BE(0) === 0x1a45dfa3) return 'video';
  if (file.readUInt32BE(0) === 0x89504e47 || file.readUInt16BE(0) === 0xffd8) return 'image';
  return undefined;
}

/** From the track headers of an MP4 (ISO/IEC 14496-12, 8.3.2); zeros where there is none. */
function pictureOf(file: Buffer): { width: number; height: number } {
  for (let at = file.indexOf('tkhd'); at >= 0; at = file.indexOf('tkhd', at + 4)) {
    const sides = at + 4 + (file[at + 4] === 1 ? 88 : 76);
    if (file.length < sides + 8) break;
    const [width, height] = [file.readUInt16BE(sides), file.readUInt16BE(sides + 4)];
    if (width > 0 && height > 0) return { width, height };
  }
  return { width: 0, height: 0 };
}
