import { SECOND } from '../core/clock.ts';
import { bad, Refusal, refusal } from './telegram-answers.ts';
import type { Chat, Chats } from './telegram-chats.ts';
import { createChats, personId } from './telegram-chats.ts';
import type { Params } from './telegram-params.ts';
import { paramsOf } from './telegram-params.ts';
import { setQuirks, usualQuirks } from './telegram-quirks.ts';
import { chatObject, createSender, type Sender, type SendPieces } from './telegram-send.ts';
import type { SimRequest, SimulatorFactory } from './types.ts';

/** The bot that is there from the start; its token is for everybody to read, as all in the sandbox is. */
export const sandboxBotToken = '7000000101:AASandboxBotTokenSandboxBotTokenSan';

interface Bot {
  id: string;
  username: string;
  token: string;
}

interface Parts extends SendPieces {
  bot: Bot;
  sender: Sender;
}

/**
 * Telegram's Bot API as far as a bot that posts needs it: getMe, getChat, getChatMember, getUpdates, sendVideo,
 * sendAnimation, sendDocument, sendMessage, copyMessage, deleteMessage. Built from https://core.telegram.org/bots/api.
 * The accounts are channels; the bot is administrator in each, and its person has written to it.
 *
 * Levers: `token` shows the bot; `newToken` makes the old one worthless; `member {chat, status, canPost}`;
 * `rename {chat, username}` (null: private); `group {title}`; `migrate {chat}`; `messages {chat}`;
 * `quirks {name: value, …}` sets and shows what telegram-quirks.ts lists.
 */
export const createTelegram: SimulatorFactory = (world) => {
  const quirks = { ...usualQuirks };
  const chats = createChats(world);
  const pieces: SendPieces = { world, quirks, chats };
  const bot: Bot = { id: '7000000101', username: 'sandbox_repost_bot', token: sandboxBotToken };
  const parts: Parts = { ...pieces, bot, sender: createSender(pieces) };

  return {
    platform: 'telegram',
    origins: ['https://api.telegram.org'],
    posts: () => chats.posts().reverse(),
    handle(request) {
      if (!request.complete) return { status: 400 };
      try {
        return { status: 200, body: { ok: true, result: answer(parts, request) } };
      } catch (error) {
        if (error instanceof Refusal) return error.response;
        throw error;
      }
    },
    controls: {
      token: () => ({ ...bot }),
      newToken() {
        bot.token = `${bot.id}:${world.token('AA', 33)}`;
        return { ...bot };
      },
      member: (input) => changeMember(chats, input),
      rename: (input) => rename(chats, input),
      group(input) {
        const title = String((input as { title?: unknown } | undefined)?.title ?? 'A group');
        const { id } = chats.add({ id: `-400000${chats.all().length}`, type: 'group', title });
        return { id };
      },
      migrate: (input) => migrate(chats, input),
      messages: (input) =>
        chatNamed(chats, input).messages.map(({ id, text, file }) => ({ id, text, kind: file?.kind })),
      quirks: (input) => ({ ...setQuirks(quirks, input) }),
    },
  };
};

function answer(parts: Parts, request: SimRequest): unknown {
  const [, token = '', method = ''] = /^\/bot([^/]+)\/(\w+)$/u.exec(request.path) ?? [];
  // A token of another form is no path that there is; one of the right form that is nobody's is a stranger's.
  if (!/^\d{6,12}:[\w-]{35}$/u.test(token)) throw refusal(404, 'Not Found');
  if (token !== parts.bot.token) throw refusal(401, 'Unauthorized');
  if (request.method !== 'GET' && request.method !== 'POST') throw refusal(405, 'Method Not Allowed');
  return call(parts, method.toLowerCase(), paramsOf(request), request);
}

function call(parts: Parts, method: string, params: Params, request: SimRequest): unknown {
  const { bot, chats, sender, quirks, world } = parts;
  switch (method) {
    case 'getme':
      return userObject(bot);
    case 'getchat':
      return { ...chatObject(chats.find(params.text('chat_id'))), accent_color_id: 2 };
    case 'getchatmember':
      return memberOf(parts, params);
    case 'getupdates':
      if (quirks.webhook)
        throw refusal(
          409,
          "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        );
      return updates(chats, world.clock.now());
    case 'sendvideo':
      return sender.sendFile('video', params);
    case 'sendanimation':
      return sender.sendFile('animation', params);
    case 'senddocument':
      return sender.sendFile('document', params);
    case 'sendmessage':
      return sender.sendMessage(params);
    case 'copymessage':
      return sender.copyMessage(params);
    case 'deletemessage':
      return sender.deleteMessage(params);
    default:
      parts.world.complain('telegram', `there is no method ${request.path.split('/').at(-1)}`);
      throw refusal(404, 'Not Found');
  }
}

function userObject({ id, username }: Bot): object {
  return { id: Number(id), is_bot: true, first_name: 'Repost', username, can_join_groups: true };
}

function memberOf({ chats, bot }: Parts, params: Params): object {
  const chat = chats.find(params.text('chat_id'));
  if (params.text('user_id') !== bot.id) throw bad('user not found');
  const rights =
    chat.status === 'administrator' ? { can_be_edited: false, can_post_messages: chat.canPost } : {};
  return { user: userObject(bot), status: chat.status, ...rights };
}

/** The person pressed Start once; nothing here is ever confirmed, so it stays. */
function updates(chats: Chats, now: number): object[] {
  const person = chats.all().find(({ id }) => id === personId);
  if (!person || person.status === 'kicked') return [];
  const from = { id: Number(personId), is_bot: false, first_name: person.title };
  return [
    {
      update_id: 910000001,
      message: {
        message_id: 1,
        from,
        chat: chatObject(person),
        date: Math.floor(now / SECOND) - 60,
        text: '/start',
      },
    },
  ];
}

// ---------------------------------------------------------------- levers

function chatNamed(chats: Chats, input: unknown): Chat {
  const name = (input as { chat?: unknown } | undefined)?.chat;
  const found = chats.all().find(({ id, username }) => id === name || `@${username}` === name);
  if (!found) throw new Error(`Telegram has no chat ${String(name)}`);
  return found;
}

function changeMember(chats: Chats, input: unknown): object {
  const chat = chatNamed(chats, input);
  const { status, canPost } = input as { status?: unknown; canPost?: unknown };
  if (status === 'administrator' || status === 'member' || status === 'left' || status === 'kicked')
    chat.status = status;
  if (typeof canPost === 'boolean') chat.canPost = canPost;
  return { id: chat.id, status: chat.status, canPost: chat.canPost };
}

function rename(chats: Chats, input: unknown): object {
  const chat = chatNamed(chats, input);
  const { username } = input as { username?: unknown };
  if (typeof username === 'string') chat.username = username;
  else delete chat.username;
  return { id: chat.id, username: chat.username ?? null };
}

function migrate(chats: Chats, input: unknown): object {
  const chat = chatNamed(chats, input);
  const next = chats.add({ id: `-100${chat.id.replace('-', '')}`, type: 'supergroup', title: chat.title });
  chat.migratedTo = next.id;
  return { id: next.id };
}
