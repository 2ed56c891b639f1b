import { MINUTE, SECOND } from '../core/clock.ts';
import { bad, refusal } from './telegram-answers.ts';
import type { Chat, Chats, Message, StoredFile } from './telegram-chats.ts';
import { checkMember } from './telegram-chats.ts';
import type { Params } from './telegram-params.ts';
import type { TelegramQuirks } from './telegram-quirks.ts';
import { foundEntities, parseText } from './telegram-text.ts';
import type { World } from './types.ts';

/** After entity parsing: https://core.telegram.org/bots/api#sendvideo */
const CAPTION_UNITS = 1024;
/** Telegram gets no file by address here: nothing of the world outside is to be reached. */
const BY_ADDRESS = 'failed to get HTTP URL content';

export interface Sender {
  sendFile(kind: StoredFile['kind'], params: Params): object;
  sendMessage(params: Params): object;
  copyMessage(params: Params): object;
  deleteMessage(params: Params): true;
}

export interface SendPieces {
  world: World;
  quirks: TelegramQuirks;
  chats: Chats;
}

export function createSender({ world, quirks, chats }: SendPieces): Sender {
  const files = new Map<string, StoredFile>();
  const sent = new Map<string, number[]>();

  function chatOf(params: Params, name = 'chat_id'): Chat {
    const chat = chats.find(params.text(name));
    if (chat.migratedTo === undefined) return chat;
    throw refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
      parameters: { migrate_to_chat_id: Number(chat.migratedTo) },
    });
  }

  /** Any minute holds so many messages to one channel or group; to a person nearly any number. */
  function spend(chat: Chat): void {
    const now = world.clock.now();
    const recent = (sent.get(chat.id) ?? []).filter((at) => at > now - MINUTE);
    sent.set(chat.id, recent);
    if (chat.type !== 'private' && recent.length >= quirks.perMinute) {
      const free = Math.max(1, Math.ceil(((recent[0] ?? now) + MINUTE - now) / SECOND));
      const after = quirks.floodSeconds > 0 ? quirks.floodSeconds : free;
      throw refusal(429, `Too Many Requests: retry after ${after}`, {
        parameters: { retry_after: after },
        ...(quirks.retryAfterHeader ? { headers: { 'retry-after': String(after) } } : {}),
      });
    }
    recent.push(now);
  }

  function post(chat: Chat, message: Omit<Message, 'id' | 'at'>): Message {
    chat.lastId += 1;
    const made = { ...message, id: chat.lastId, at: world.clock.now() };
    chat.messages.push(made);
    return made;
  }

  function fileOf(kind: StoredFile['kind'], params: Params): StoredFile {
    const bytes = params.file(kind);
    if (bytes) return keep(kind, bytes, params);
    const name = params.text(kind);
    if (name === undefined || name === '') throw bad(`there is no ${kind} in the request`);
    if (/^https?:\/\//u.test(name)) throw bad(BY_ADDRESS);
    const known = files.get(name);
    if (!known) throw bad('wrong file identifier/HTTP URL specified');
    if (known.kind !== kind) throw bad(`can't use file of type ${titleOf(known.kind)} as ${titleOf(kind)}`);
    return known;
  }

  function keep(kind: StoredFile['kind'], bytes: Buffer, params: Params): StoredFile {
    if (bytes.length > quirks.maxBytes) throw refusal(413, 'Request Entity Too Large');
    if (bytes.length === 0) throw bad('file must be non-empty');
    // A file's sound track says so with this word.
    const silent = !bytes.includes('soun');
    return {
      kind: kind === 'video' && silent && quirks.silentIsAnimation ? 'animation' : kind,
      uniqueId: world.token('AgAD', 12),
      sha256: world.keepMedia(bytes),
      bytes: bytes.length,
      duration: params.number('duration') ?? 0,
      // Without these, clients show an upright video in a square.
      width: params.number('width') ?? 320,
      height: params.number('height') ?? 320,
    };
  }

  /** Covers came with version 8.3: https://core.telegram.org/bots/api-changelog#february-12-2025 */
  function coverOf(params: Params): string | undefined {
    if (params.text('cover') === undefined) return undefined;
    const picture = params.file('cover');
    if (!picture) throw bad('wrong file identifier/HTTP URL specified');
    const isJpeg = picture.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]));
    if (!isJpeg || quirks.refusesCovers) throw bad('IMAGE_PROCESS_FAILED');
    return world.keepMedia(picture);
  }

  function idFor(file: StoredFile): string {
    const known = [...files].find(([, one]) => one.uniqueId === file.uniqueId)?.[0];
    if (known !== undefined && !quirks.freshFileIds) return known;
    const id = world.token('BAACAgQAAx0C', 52);
    files.set(id, file);
    return id;
  }

  function messageOf(chat: Chat, message: Message): object {
    const { file, entities, text } = message;
    return {
      message_id: message.id,
      ...(chat.type === 'channel' ? { sender_chat: chatObject(chat) } : {}),
      chat: chatObject(chat),
      date: Math.floor(message.at / SECOND),
      ...(file ? mediaOf(file, idFor(file)) : {}),
      ...(text === '' ? {} : { [file ? 'caption' : 'text']: text }),
      ...(entities.length === 0 ? {} : { [file ? 'caption_entities' : 'entities']: entities }),
    };
  }

  return {
    sendFile(kind, params) {
      const chat = chatOf(params);
      checkMember(chat, 'videos');
      const file = fileOf(kind, params);
      const { text, entities } = captionOf(params, 'caption', CAPTION_UNITS);
      spend(chat);
      const silent = params.flag('disable_notification');
      const cover = kind === 'video' ? coverOf(params) : undefined;
      return messageOf(
        chat,
        post(chat, { text, entities, file, silent, ...(cover === undefined ? {} : { cover }) }),
      );
    },
    sendMessage(params) {
      const chat = chatOf(params);
      checkMember(chat, 'text messages');
      const { text, entities } = captionOf(params, 'text', 4096);
      if (text === '') throw bad('message text is empty');
      spend(chat);
      return messageOf(chat, post(chat, { text, entities, silent: params.flag('disable_notification') }));
    },
    copyMessage(params) {
      const chat = chatOf(params);
      checkMember(chat, 'videos');
      const from = chatOf(params, 'from_chat_id');
      const original = from.messages.find(({ id }) => id === params.number('message_id'));
      if (!original) throw bad('message to copy not found');
      spend(chat);
      return { message_id: post(chat, { ...original, silent: params.flag('disable_notification') }).id };
    },
    deleteMessage(params) {
      const chat = chatOf(params);
      const index = chat.messages.findIndex(({ id }) => id === params.number('message_id'));
      if (index < 0) throw bad('message to delete not found');
      chat.messages.splice(index, 1);
      return true;
    },
  };
}

function titleOf(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

function captionOf(params: Params, name: string, most: number): ReturnType<typeof parseText> {
  const given = params.json(`${name === 'text' ? '' : `${name}_`}entities`);
  const parsed = parseText(params.text(name) ?? '', params.text('parse_mode'));
  if (parsed.text.length > most)
    throw bad(name === 'caption' ? 'message caption is too long' : 'message is too long');
  const own = Array.isArray(given) ? (given as typeof parsed.entities) : parsed.entities;
  return { text: parsed.text, entities: [...own, ...foundEntities(parsed.text)] };
}

export function chatObject(chat: Chat): object {
  const { id, type, title, username } = chat;
  const name = type === 'private' ? { first_name: title } : { title };
  return { id: Number(id), ...name, ...(username === undefined ? {} : { username }), type };
}

function mediaOf(file: StoredFile, fileId: string): object {
  const { kind, uniqueId, bytes, duration, width, height } = file;
  const common = {
    file_id: fileId,
    file_unique_id: uniqueId,
    file_name: 'video.mp4',
    mime_type: 'video/mp4',
    file_size: bytes,
  };
  const video = { ...common, duration, width, height };
  // An animation stands there as a document too: https://core.telegram.org/bots/api#message
  if (kind === 'animation') return { animation: video, document: common };
  return kind === 'video' ? { video } : { document: common };
}
