import { SECOND } from '../core/clock.ts';
import { jsonOf, paged, refusal } from './pinterest-answers.ts';
import type { Media, PinterestMedia } from './pinterest-media.ts';
import type { PinterestQuirks } from './pinterest-quirks.ts';
import type { SimAccount, SimPost, SimRequest, SimResponse, World } from './types.ts';

export interface Board {
  id: string;
  accountId: string;
  name: string;
  privacy: string;
}

interface StoredPin {
  id: string;
  account: SimAccount;
  board: Board;
  title: string | null;
  description: string | null;
  link: string | null;
  altText: string | null;
  media: Media;
  at: number;
  deleted: boolean;
  /** Made on Pinterest's own sandbox. */
  hidden: boolean;
}

/** Who asks, and on which of the two API hosts. */
export interface Caller {
  account: SimAccount;
  inSandbox: boolean;
}

export interface PinterestPins {
  boards: Board[];
  create(request: SimRequest, caller: Caller): SimResponse;
  listBoards(request: SimRequest, caller: Caller): SimResponse;
  /** Of one board, or all of the caller's. */
  list(request: SimRequest, caller: Caller, boardId?: string): SimResponse;
  remove(id: string): boolean;
  posts(): SimPost[];
}

const members = [
  'board_id',
  'board_section_id',
  'title',
  'description',
  'link',
  'alt_text',
  'dominant_color',
  'media_source',
  'parent_pin_id',
  'note',
];
const sourceMembers = [
  'source_type',
  'media_id',
  'cover_image_url',
  'cover_image_content_type',
  'cover_image_data',
  'cover_image_key_frame_time',
  'is_standard',
];
/** https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml */
const longest: Readonly<Record<string, number>> = { title: 100, description: 800, link: 2048, alt_text: 500 };

interface State {
  world: World;
  quirks: PinterestQuirks;
  media: PinterestMedia;
  boards: Board[];
  stored: StoredPin[];
}

/** https://developers.pinterest.com/docs/api/v5/pins-create */
export function createPins(world: World, quirks: PinterestQuirks, media: PinterestMedia): PinterestPins {
  const boards = world.accounts('pinterest').map(({ id: accountId }) => ({
    id: world.snowflake(),
    accountId,
    name: 'Clips',
    privacy: 'PUBLIC',
  }));
  const state: State = { world, quirks, media, boards, stored: [] };
  const alive = () => state.stored.filter(({ deleted }) => !deleted).reverse();
  return {
    boards,
    create: (request, caller) => create(state, request, caller),
    listBoards: (request, { account }) =>
      paged(
        request,
        // Secret ones need a right of their own.
        boards
          .filter(({ accountId, privacy }) => accountId === account.id && privacy !== 'SECRET')
          .map(({ accountId: _owner, ...board }) => ({
            ...board,
            owner: { username: account.handle.replace('@', '') },
            description: '',
            pin_count: 0,
          })),
        quirks.pageItems,
      ),
    list(request, { account, inSandbox }, boardId) {
      if (
        boardId !== undefined &&
        !boards.some(({ id, accountId }) => id === boardId && accountId === account.id)
      )
        throw refusal(404, 40, 'Board not found.');
      const listed = alive().filter(
        (pin) =>
          pin.account.id === account.id &&
          pin.hidden === inSandbox &&
          (boardId === undefined || pin.board.id === boardId) &&
          world.clock.now() - pin.at >= quirks.listSeconds * SECOND,
      );
      if (quirks.order === 'oldest') listed.reverse();
      return paged(request, listed.map(node), quirks.pageItems);
    },
    remove(id) {
      const pin = alive().find((one) => one.id === id);
      if (pin) pin.deleted = true;
      return pin !== undefined;
    },
    posts: () => alive().map(shown),
  };
}

function create(state: State, request: SimRequest, { account, inSandbox }: Caller): SimResponse {
  const { world, quirks, boards, stored } = state;
  const wish = jsonOf(request);
  if (!wish) throw breach(state, 'the body is no JSON object', 'body');
  const unknown = Object.keys(wish).find((name) => !members.includes(name));
  if (unknown !== undefined) throw breach(state, 'is unknown', unknown);
  if (quirks.tier === 'trial' && !inSandbox)
    throw refusal(
      403,
      29,
      'Apps with Trial access may not create Pins in production https://api.pinterest.com - use API Sandbox https://api-sandbox.pinterest.com instead.',
    );
  const text = (name: string) => textOf(state, wish, name);
  const [title, description, link, altText] = ['title', 'description', 'link', 'alt_text'].map(text);
  const boardId = wish['board_id'];
  if (typeof boardId !== 'string') throw breach(state, 'is required', 'board_id');
  const board = boards.find(({ id, accountId }) => id === boardId && accountId === account.id);
  if (!board) throw refusal(404, 40, 'Board not found.');
  if (typeof link === 'string' && quirks.blockedLink !== '' && link.includes(quirks.blockedLink))
    throw refusal(400, 1, 'Sorry! We blocked this link because it may lead to spam.');
  const media = mediaOf(state, wish['media_source'], account);
  media.used += 1;
  const pin: StoredPin = {
    id: world.snowflake(),
    account,
    board,
    title: title ?? null,
    description: description ?? null,
    link: link ?? null,
    altText: altText ?? null,
    media,
    at: world.clock.now(),
    deleted: false,
    hidden: inSandbox,
  };
  stored.push(pin);
  return { status: 201, body: node(pin) };
}

function breach({ world }: State, what: string, name: string) {
  world.complain('pinterest', `POST /v5/pins: ${name} ${what}`);
  return refusal(400, 1, `Invalid parameter '${name}': ${what}`);
}

function textOf(state: State, wish: Record<string, unknown>, name: string): string | undefined {
  const value = wish[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw breach(state, 'is no text', name);
  if (value.length > (longest[name] ?? 0)) throw breach(state, `is longer than ${longest[name]}`, name);
  if (name === 'link' && !/^https?:\/\//u.test(value)) throw breach(state, 'is no address', name);
  return value;
}

function mediaOf(state: State, source: unknown, account: SimAccount): Media {
  const wish = (source ?? {}) as Record<string, unknown>;
  if (wish['source_type'] !== 'video_id') throw breach(state, 'source_type', 'media_source');
  const unknown = Object.keys(wish).find((name) => !sourceMembers.includes(name));
  if (unknown !== undefined) throw breach(state, `has the unknown member ${unknown}`, 'media_source');
  checkCover(state, wish);
  const id = wish['media_id'];
  // A number has lost its last digits on the way.
  if (typeof id !== 'string') throw breach(state, 'media_id is no text', 'media_source');
  const media = state.media.find(id, account.id);
  if (!media) throw refusal(404, 2700, 'Media not found.');
  const status = state.media.stateOf(media);
  if (status !== 'succeeded') throw breach(state, `media is ${status}`, 'media_source');
  if (media.used > 0 && state.quirks.mediaOnce)
    throw refusal(400, 1, "Invalid parameter 'media_source': the media was used already");
  return media;
}

/** Exactly one of the three ways; the frame's time is a whole number of seconds. */
function checkCover(state: State, wish: Record<string, unknown>): void {
  const { cover_image_url: url, cover_image_data: data, cover_image_key_frame_time: time } = wish;
  const ways = [url, data, time].filter((way) => way !== undefined);
  if (ways.length !== 1) throw breach(state, 'cover image: exactly one is required', 'media_source');
  if (url !== undefined && typeof url !== 'string') throw breach(state, 'cover_image_url', 'media_source');
  if (data !== undefined && !/^image\/(jpeg|png)$/u.test(String(wish['cover_image_content_type'])))
    throw breach(state, 'cover_image_content_type', 'media_source');
  if (time !== undefined && !(Number.isInteger(time) && Number(time) >= 0))
    throw breach(state, 'cover_image_key_frame_time', 'media_source');
}

/** Instants come without a zone. */
function node(pin: StoredPin): object {
  return {
    id: pin.id,
    created_at: new Date(pin.at).toISOString().slice(0, 19),
    board_id: pin.board.id,
    board_section_id: null,
    board_owner: { username: pin.account.handle.replace('@', '') },
    title: pin.title,
    description: pin.description,
    link: pin.link,
    alt_text: pin.altText,
    parent_pin_id: null,
    dominant_color: '#e8d3db',
    media: { media_type: 'video', images: {}, duration: 15_000, width: 1080, height: 1920 },
  };
}

function shown(pin: StoredPin): SimPost {
  return {
    platform: 'pinterest',
    accountId: pin.account.id,
    id: pin.id,
    url: `https://www.pinterest.com/pin/${pin.id}/`,
    text: pin.description ?? '',
    ...(pin.title === null ? {} : { title: pin.title }),
    sha256: pin.media.sha256,
    bytes: pin.media.bytes,
    visible: !pin.hidden && pin.board.privacy !== 'SECRET',
    publishedAt: pin.at,
    facts: { board: pin.board.name, link: pin.link, altText: pin.altText, sandbox: pin.hidden },
  };
}
