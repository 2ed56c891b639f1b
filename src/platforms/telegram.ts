import { SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { HttpResponse, MultipartField } from '../core/http.ts';
import type { Platform, Post, PublishRequest } from '../core/platform.ts';
import { noCover, takeCover } from './cover.ts';
import { answerOf, classifyAnswer, readingsOf, refusalOf, UPLOAD } from './telegram-errors.ts';
import { guide } from './telegram-guide.ts';
import { calls, ownServerMedia, telegramRules } from './telegram-rules.ts';
import type { TelegramChat } from './telegram-sign-in.ts';
import { authorize, bot, identities, resultOf, signIn, stagingOf } from './telegram-sign-in.ts';
import { fitText } from './telegram-text.ts';

/** Telegram channels (and groups) by a bot. */
export const telegram: Platform = {
  id: 'telegram',
  name: 'Telegram',
  guide,
  origins: ['https://api.telegram.org'],
  signIn,
  ...telegramRules,
  mediaFor: ({ settings }) => (settings['server'] === undefined ? telegramRules.media : ownServerMedia),
  fit: fitText,
  // A bot can't read what a channel shows: there is no look-up that a wait could help.
  settleMs: 0,
  publish,
  identities,
  authorize,
  classify: classifyAnswer,
  readings: readingsOf,
};

// ---------------------------------------------------------------- publishing

type FileKind = 'video' | 'animation' | 'document';

/** A file that Telegram holds. Its id is good for this bot only, and for no other kind of message. */
interface Staged {
  kind: FileKind;
  fileId: string;
  chat: string;
  messageId: string;
}

interface Message {
  message_id?: number | string;
  chat?: TelegramChat;
  video?: { file_id?: string };
  animation?: { file_id?: string };
  document?: { file_id?: string };
}

/** What became of the post: small, and all that its address is made from. */
interface Sent {
  id: string;
  chat: string;
  username: string | null;
  kind: FileKind;
}

/**
 * The Bot API has no key against sending twice and no way to look: https://github.com/tdlib/telegram-bot-api/issues/482.
 * So the file goes to a chat that nobody else sees first, and what is left to send to the channel is one small
 * request. Where even its answer is lost, a person looks.
 */
async function publish(request: PublishRequest): Promise<Post> {
  const { run, account, options } = request;
  const chat = stagingOf(account, options['staging']);
  const staged = chat === undefined ? undefined : await run.step(UPLOAD, () => stage(request, chat));
  const sent = await sendOnce(request, staged);
  if (staged) await run.step('tidy up', () => unstage(request, staged));
  return postOf(sent);
}

async function stage(request: PublishRequest, chat: string): Promise<Staged> {
  const response = await request.http.send({
    url: `${bot}/sendVideo`,
    multipart: [
      { name: 'chat_id', value: chat },
      { name: 'disable_notification', value: 'true' },
      ...uploadFields(request),
    ],
    ...transfer(request),
    call: calls.stage,
  });
  const message = resultOf<Message>(response);
  const kind = kindOf(message);
  const fileId = message[kind]?.file_id;
  if (fileId === undefined || message.message_id === undefined)
    throw new Failure('E_BAD_ANSWER', { message: 'Telegram took the file without naming it.' });
  return { kind, fileId, chat, messageId: String(message.message_id) };
}

/** Whether it is a video is Telegram's affair: without sound it may become an animation. */
function kindOf({ video, animation }: Message): FileKind {
  if (video) return 'video';
  return animation ? 'animation' : 'document';
}

function uploadFields({ media }: PublishRequest): MultipartField[] {
  return [
    {
      name: 'video',
      value: { path: media.path, start: 0, end: media.bytes },
      filename: 'video.mp4',
      contentType: 'video/mp4',
    },
    // Left out, upright videos may be shown in a square.
    { name: 'duration', value: String(Math.round(media.durationMs / SECOND)) },
    { name: 'width', value: String(media.width) },
    { name: 'height', value: String(media.height) },
    { name: 'supports_streaming', value: String(media.fastStart !== false) },
  ];
}

function transfer({ media, progress, signal }: PublishRequest) {
  return {
    onProgress: (sent: number) => progress(Math.min(sent, media.bytes), media.bytes),
    ...(signal ? { signal } : {}),
  };
}

/** A cover is sent as a photo is: https://core.telegram.org/bots/api#sendvideo */
const coverBounds = { maxSide: 1280, maxBytes: 500_000 } as const;
const COVERLESS = 'go without the cover';

/** Sends the post, with the wished cover unless Telegram refuses it: then nothing was posted, and it goes without. */
async function sendOnce(
  request: PublishRequest,
  staged: Staged | undefined,
): Promise<Sent & { warning?: string }> {
  const { run } = request;
  const given = run.doneAt('publish') ?? run.doneAt(COVERLESS);
  const { picture, warning } = given === undefined ? await takeCover(request, coverBounds) : {};
  const without = (why: () => string) => run.step(COVERLESS, async () => why());
  const commit = (cover?: Uint8Array) =>
    run.commit<Sent>('publish', { act: () => post(request, staged, cover), inDoubt: 'ask' });
  if (warning !== undefined) await without(() => warning);
  let sent: Sent;
  try {
    sent = await commit(picture);
  } catch (error) {
    const { certain, status, message } = asFailure(error);
    if (!picture || !certain || status !== 400 || !/cover|photo|image/iu.test(message)) throw error;
    await without(() => noCover(request, error));
    sent = await commit();
  }
  return run.doneAt(COVERLESS) === undefined ? sent : { ...sent, warning: await without(() => '') };
}

/** Sends the one message that the channel shows. */
async function post(request: PublishRequest, staged: Staged | undefined, cover?: Uint8Array): Promise<Sent> {
  const { account } = request;
  const response = await send(request, account.remoteId, staged, cover);
  const moved = response.status === 400 ? answerOf(response).parameters?.migrate_to_chat_id : undefined;
  // Nothing was posted: a group that became a supergroup has another number from then on.
  if (moved !== undefined) return sentOf(await send(request, String(moved), staged, cover));
  if (response.status === 400) throw refusalOf(response, request.clock);
  return sentOf(response);
}

function send(
  request: PublishRequest,
  chat: string,
  staged: Staged | undefined,
  cover?: Uint8Array,
): Promise<HttpResponse> {
  const { http, text, options } = request;
  const fields: Record<string, string | undefined> = {
    chat_id: chat,
    caption: text.body || undefined,
    disable_notification: options['silent'] === true ? 'true' : undefined,
    has_spoiler: options['spoiler'] === true ? 'true' : undefined,
    protect_content: options['protect'] === true ? 'true' : undefined,
    show_caption_above_media: options['captionAbove'] === true ? 'true' : undefined,
  };
  const common = { accept: [400], call: calls.publish, effect: true };
  if (staged && (!cover || staged.kind !== 'video')) {
    const method = { video: 'sendVideo', animation: 'sendAnimation', document: 'sendDocument' }[staged.kind];
    return http.send({
      url: `${bot}/${method}`,
      form: { ...fields, [staged.kind]: staged.fileId },
      ...common,
    });
  }
  const plain = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  return http.send({
    url: `${bot}/sendVideo`,
    multipart: [
      ...plain,
      ...(cover ? coverFields(cover) : []),
      ...(staged ? [{ name: 'video', value: staged.fileId }] : uploadFields(request)),
    ],
    ...(staged ? {} : transfer(request)),
    ...common,
  });
}

function coverFields(cover: Uint8Array): MultipartField[] {
  return [
    { name: 'cover', value: 'attach://picture' },
    { name: 'picture', value: cover, filename: 'cover.jpg', contentType: 'image/jpeg' },
  ];
}

function sentOf(response: HttpResponse): Sent {
  const message = resultOf<Message>(response);
  const { message_id: id, chat } = message;
  if (id === undefined || chat === undefined)
    throw new Failure('E_BAD_ANSWER', { message: 'Telegram took the post without naming it.' });
  return {
    id: String(id),
    chat: String(chat.id),
    username: chat.username ?? null,
    kind: kindOf(message),
  };
}

/** A message that stays is untidy, no more. Two days later it can't be taken away any longer. */
async function unstage({ http }: PublishRequest, { chat, messageId }: Staged): Promise<boolean> {
  try {
    await http.send({
      url: `${bot}/deleteMessage`,
      form: { chat_id: chat, message_id: messageId },
      call: calls.read,
    });
    return true;
  } catch (error) {
    if (asFailure(error).code === 'E_INTERRUPTED') throw error;
    return false;
  }
}

function postOf({ id, chat, username, kind, warning }: Sent & { warning?: string }): Post {
  // Only members can open the address of a private channel.
  const url = username
    ? `https://t.me/${username}/${id}`
    : `https://t.me/c/${chat.replace(/^-100/u, '')}/${id}`;
  const warnings =
    kind === 'document'
      ? ['Telegram shows it as a file to download, not as a video: is it MP4 with H.264?']
      : [];
  if (warning) warnings.push(warning);
  return { id, url, ...(warnings.length > 0 ? { warnings } : {}) };
}
