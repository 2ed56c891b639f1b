import type { Account, Grant, Identity } from '../core/account.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { TokenSignIn } from '../core/platform.ts';
import { rememberSecret } from '../net/redact.ts';
import { answerOf } from './telegram-errors.ts';
import { calls } from './telegram-rules.ts';

const CLOUD = 'https://api.telegram.org';

/** Platform code names methods below this address; the bot's token and server are put in on the way out. */
export const bot = `${CLOUD}/bot`;

/** What a sign-in must remember besides its token. Kept with it in the vault, for a grant has no other place. */
interface Session {
  /** Id or @name of the channel. */
  channel: string;
  /** Address of a Bot API server of one's own. */
  server?: string;
}

/** A bot's token, and the one channel it shall post to: a bot can't list its channels. */
export const signIn: TokenSignIn = {
  kind: 'token',
  what: 'bot token from @BotFather',
  fromToken,
};

async function fromToken({
  http,
  clock,
  token,
  at,
  handle,
}: Parameters<TokenSignIn['fromToken']>[0]): Promise<Grant> {
  rememberSecret(token);
  if (!/^\d+:[\w-]{20,}$/u.test(token)) throw badToken('That is no bot token: it looks like 123456789:AAH…');
  if (handle === undefined)
    throw new Failure('E_MISSING_ANSWER', {
      message: 'A bot’s token doesn’t say which channel it posts to.',
      hint: 'Name the channel with --account: its @name, or its id (-100…) where it is private.',
      command: 'repost login telegram --token-stdin --account @channel',
    });
  const session: Session = { channel: nameOf(handle), ...(at === undefined ? {} : { server: serverOf(at) }) };
  const now = clock.now();
  const grant: Grant = {
    accessToken: token,
    scopes: [],
    obtainedAt: now,
    extra: { session: JSON.stringify(session) },
  };
  const request = authorize({ url: `${bot}/getMe`, accept: [401, 404], authorize: false }, grant);
  if ((await http.send(request)).status !== 200) throw badToken('Telegram does not know this bot token.');
  return grant;
}

function badToken(message: string): Failure {
  return new Failure('E_LOGIN_CODE', {
    certain: true,
    message,
    hint: 'Ask @BotFather for it: /mybots, the bot, API Token.',
    command: 'repost login telegram --token-stdin --account @channel',
  });
}

function nameOf(handle: string): string {
  return /^-?\d+$/u.test(handle) || handle.startsWith('@') ? handle : `@${handle}`;
}

/** A server on this machine speaks plain HTTP: https://core.telegram.org/bots/api#using-a-local-bot-api-server */
function serverOf(at: string): string {
  const near = /^(localhost|127\.|\[::1\])/u.test(at);
  const text = /^https?:\/\//u.test(at) ? at : `${near ? 'http' : 'https'}://${at}`;
  if (URL.canParse(text)) return text.replace(/\/+$/u, '');
  throw new Failure('E_USAGE', { message: `“${at}” is no address of a Bot API server.` });
}

function sessionOf(grant: Grant): Session {
  const kept = grant.extra?.['session'];
  if (kept !== undefined) return JSON.parse(kept) as Session;
  throw new Failure('E_LOGIN_NEEDED', {
    message: 'The kept Telegram sign-in is not complete.',
    command: 'repost login telegram --token-stdin --account CHANNEL',
    certain: true,
  });
}

/** The token is part of the address: nothing but this knows the whole of it. */
export function authorize(request: HttpRequest, grant: Grant): HttpRequest {
  const { server = CLOUD } = sessionOf(grant);
  return { ...request, url: `${server}/bot${grant.accessToken}${request.url.slice(bot.length)}` };
}

/** What a method answered. */
export function resultOf<T>(response: HttpResponse): T {
  const { ok, result } = answerOf<T>(response);
  if (ok === true && result !== undefined) return result;
  throw new Failure('E_BAD_ANSWER', {
    status: response.status,
    message: 'Telegram answered without a result.',
  });
}

// ---------------------------------------------------------------- who signed in

export interface TelegramChat {
  id: number | string;
  type?: string;
  title?: string;
  username?: string;
}

interface Member {
  status?: string;
  can_post_messages?: boolean;
  can_send_videos?: boolean;
}

/** The one channel of this sign-in, by its own number: names change. */
export async function identities({ http, grant }: { http: Http; grant: Grant }): Promise<Identity[]> {
  const session = sessionOf(grant);
  const me = await ask<{ id: number | string; username?: string }>(http, 'getMe');
  const chat = await ask<TelegramChat>(http, 'getChat', { chat_id: session.channel });
  const id = String(chat.id);
  const member = await ask<Member>(http, 'getChatMember', { chat_id: id, user_id: String(me.id) });
  const staging = await personalChat(http);
  const obstacle = obstacleOf(chat, member, me.username ?? 'the bot');
  const { server } = session;
  return [
    {
      remoteId: id,
      handle: chat.username ? `@${chat.username}` : id,
      name: chat.title ?? chat.username ?? id,
      ...(chat.username ? { url: `https://t.me/${chat.username}` } : {}),
      ...(obstacle === undefined ? {} : { ineligible: obstacle }),
      settings: {
        bot: me.username ?? String(me.id),
        ...(staging === undefined ? {} : { staging }),
        ...(server === undefined ? {} : { server }),
      },
      grantExtra: { session: JSON.stringify({ ...session, channel: id }) },
      ...(staging === undefined ? { warnings: [unstaged(me.username)] } : {}),
    },
  ];
}

function unstaged(username: string | undefined): string {
  return (
    `Write /start to ${username ? `@${username}` : 'your bot'} in Telegram and sign in once more: videos are then uploaded ` +
    'to that chat first, and a lost line during a long upload can’t leave it open whether the channel got the video.'
  );
}

function obstacleOf(chat: TelegramChat, member: Member, name: string): string | undefined {
  if (chat.type === 'private') return 'it is a chat with a person, not a channel';
  const { status } = member;
  if (chat.type !== 'channel')
    return status === 'left' || status === 'kicked' || member.can_send_videos === false
      ? `${name} may not send videos there`
      : undefined;
  if (status !== 'administrator') return `${name} is not an administrator there`;
  return member.can_post_messages === true ? undefined : `${name} is not allowed to post messages there`;
}

/**
 * The chat of the person who wrote to the bot last, among the updates that nobody has fetched yet (nothing is
 * fetched away by looking). Undefined where nobody wrote, or where another program gets the bot's updates.
 */
async function personalChat(http: Http): Promise<string | undefined> {
  try {
    const updates = await ask<{ message?: { chat?: TelegramChat } }[]>(http, 'getUpdates');
    const chats = updates.map(({ message }) => message?.chat).filter((chat) => chat?.type === 'private');
    const last = chats.at(-1);
    return last === undefined ? undefined : String(last.id);
  } catch (error) {
    if (asFailure(error).kind === 'reject') return undefined;
    throw error;
  }
}

async function ask<T>(http: Http, method: string, form?: Readonly<Record<string, string>>): Promise<T> {
  return resultOf<T>(
    await http.send({ url: `${bot}/${method}`, ...(form ? { form } : {}), call: calls.read }),
  );
}

/** The chat that files are sent to first: the rule's wish, else the one that was found at the sign-in. */
export function stagingOf(account: Account, wish: unknown): string | undefined {
  if (typeof wish === 'string' && wish !== '') return wish === 'none' ? undefined : wish;
  const { staging } = account.settings;
  return typeof staging === 'string' ? staging : undefined;
}
