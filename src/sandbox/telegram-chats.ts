import { bad, forbidden } from './telegram-answers.ts';
import type { Entity } from './telegram-text.ts';
import type { SimPost, World } from './types.ts';

export interface StoredFile {
  kind: 'video' | 'animation' | 'document';
  uniqueId: string;
  sha256: string;
  bytes: number;
  duration: number;
  width: number;
  height: number;
}

export interface Message {
  id: number;
  /** Epoch ms. */
  at: number;
  text: string;
  entities: readonly Entity[];
  file?: StoredFile;
  silent: boolean;
  /** SHA-256 of its cover. */
  cover?: string;
}

export interface Chat {
  /** A whole number as text; channels and supergroups begin with -100. */
  id: string;
  type: 'private' | 'group' | 'supergroup' | 'channel';
  title: string;
  username?: string;
  /** What the bot is there. */
  status: 'administrator' | 'member' | 'left' | 'kicked';
  canPost: boolean;
  migratedTo?: string;
  messages: Message[];
  lastId: number;
}

export interface Chats {
  all(): Chat[];
  /** By its id or `@name`; throws 400 where there is none, or where it became another. */
  find(name: string | undefined): Chat;
  add(chat: Pick<Chat, 'id' | 'type' | 'title'> & Partial<Chat>): Chat;
  posts(): SimPost[];
}

/** The bot's person: who wrote to it once and may be written to. */
export const personId = '5000000101';

export function createChats(world: World): Chats {
  const chats: Chat[] = [];
  const known = new Set<string>();

  function add(chat: Parameters<Chats['add']>[0]): Chat {
    const made: Chat = { status: 'administrator', canPost: true, messages: [], lastId: 0, ...chat };
    known.add(made.id);
    chats.push(made);
    return made;
  }

  /** Channels are the world's accounts; those that a test adds later are found too. */
  function all(): Chat[] {
    for (const { id, handle, name, settings } of world.accounts('telegram')) {
      if (known.has(id)) continue;
      const open = settings['private'] !== true;
      add({ id, type: 'channel', title: name, ...(open ? { username: handle.slice(1) } : {}) });
    }
    return chats;
  }

  add({ id: personId, type: 'private', title: 'Creator', username: 'creator_in_person', status: 'member' });

  return {
    all,
    add,
    find(name) {
      if (name === undefined || name === '') throw bad('chat_id is empty');
      const bare = name.toLowerCase();
      const found = all().find(
        ({ id, username }) => id === name || (username && `@${username.toLowerCase()}` === bare),
      );
      if (!found) throw bad('chat not found');
      return found;
    },
    posts: () => all().filter(isShown).flatMap(postsOf),
  };
}

/** What strangers can see; chats with one person are nobody else's. */
function isShown({ type }: Chat): boolean {
  return type !== 'private';
}

/** Throws where the bot may not write there. Asked before anything is looked at in what is to be sent. */
export function checkMember(chat: Chat, what: 'videos' | 'text messages'): void {
  if (chat.type === 'private') {
    if (chat.status === 'kicked') throw forbidden('bot was blocked by the user');
    return;
  }
  const where = `${chat.type} chat`;
  if (chat.status === 'kicked') throw forbidden(`bot was kicked from the ${where}`);
  if (chat.status === 'left') throw forbidden(`bot is not a member of the ${where}`);
  if (chat.type === 'channel' && chat.status !== 'administrator')
    throw bad('need administrator rights in the channel chat');
  if (!chat.canPost) throw bad(`not enough rights to send ${what} to the chat`);
}

export function addressOf(chat: Chat, messageId: number): string {
  return chat.username
    ? `https://t.me/${chat.username}/${messageId}`
    : `https://t.me/c/${chat.id.replace(/^-100/u, '')}/${messageId}`;
}

function postsOf(chat: Chat): SimPost[] {
  return chat.messages.map(({ id, at, text, entities, file, silent, cover }) => ({
    platform: 'telegram',
    accountId: chat.id,
    id: String(id),
    url: addressOf(chat, id),
    text,
    sha256: file?.sha256 ?? '',
    bytes: file?.bytes ?? 0,
    visible: true,
    publishedAt: at,
    facts: {
      kind: file?.kind ?? 'text',
      silent,
      entities,
      width: file?.width,
      height: file?.height,
      cover: cover ?? null,
    },
  }));
}
