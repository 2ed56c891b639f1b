import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SinkRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  text: string;
}

export interface Sink {
  origin: string;
  requests: SinkRequest[];
  /** Answers to the next requests, before the service's own. */
  answers: { status: number; headers?: Record<string, string>; body?: string }[];
  close(): Promise<void>;
}

/** What a service says of a body that breaks its rules; undefined where it takes it. */
export type Rules = (body: never) => string | undefined;

/** A server in the shape of a chat service: takes what the service would take, and refuses the rest. */
export async function openSink(
  rules: Rules,
  good: { status: number; body: string } = { status: 200, body: 'ok' },
): Promise<Sink> {
  const requests: SinkRequest[] = [];
  const answers: Sink['answers'] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8');
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, headers, text });
      const told = answers.shift();
      if (told) return response.writeHead(told.status, told.headers).end(told.body ?? '');
      const complaint = text === '' ? undefined : rules(JSON.parse(text) as never);
      if (complaint !== undefined) return response.writeHead(400).end(complaint);
      return response.writeHead(good.status, { 'content-type': 'application/json' }).end(good.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface SlackBody {
  text?: string;
  blocks?: { type: string; text?: { type: string; text: string }; elements?: { text: string }[] }[];
}

/** https://docs.slack.dev/reference/block-kit/blocks */
export const slackRules: Rules = ({ text, blocks = [] }: SlackBody) => {
  if (!text && blocks.length === 0) return 'no_text';
  if (blocks.length > 50) return 'invalid_blocks';
  for (const block of blocks) {
    const most = block.type === 'header' ? 150 : 3000;
    const words = [block.text?.text ?? '', ...(block.elements ?? []).map((element) => element.text)];
    if (block.type !== 'context' && words[0] === '') return 'invalid_blocks';
    if (words.some((one) => one.length > most)) return 'invalid_blocks';
  }
  return JSON.stringify(blocks).length > 20_000 ? 'msg_blocks_too_long' : undefined;
};

interface DiscordBody {
  content?: string;
  embeds?: { title?: string; description?: string }[];
  allowed_mentions?: { parse?: unknown[] };
}

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
export const discordRules: Rules = ({ content = '', embeds = [], allowed_mentions }: DiscordBody) => {
  if (content === '' && embeds.length === 0) return '{"code": 50006}';
  if ([...content].length > 2000 || embeds.length > 10) return '{"code": 50035}';
  if (allowed_mentions?.parse?.length !== 0) return 'everybody would be called';
  const sizes = embeds.map(({ title = '', description = '' }) => [title.length, description.length] as const);
  if (sizes.some(([title, description]) => title > 256 || description > 4096)) return '{"code": 50035}';
  return sizes.reduce((sum, [title, description]) => sum + title + description, 0) > 6000
    ? '{"code": 50035}'
    : undefined;
};

interface TelegramBody {
  chat_id?: string;
  text?: string;
  parse_mode?: string;
  entities?: { offset: number; length: number }[];
}

/** https://core.telegram.org/bots/api#sendmessage */
export const telegramRules: Rules = ({ chat_id, text = '', entities = [], parse_mode }: TelegramBody) => {
  const no = (why: string) =>
    JSON.stringify({ ok: false, error_code: 400, description: `Bad Request: ${why}` });
  if (!chat_id) return no('chat_id is empty');
  if (text === '') return no('message text is empty');
  if (text.length > 4096) return no('message is too long');
  if (parse_mode !== undefined) return no('nothing here is markup');
  return entities.some(({ offset, length }) => length === 0 || offset + length > text.length)
    ? no('ENTITY_BOUNDS_INVALID')
    : undefined;
};

interface NtfyBody {
  topic?: string;
  message?: string;
  priority?: number;
}

/** https://docs.ntfy.sh/publish/ */
export const ntfyRules: Rules = ({ topic = '', message = '', priority = 3 }: NtfyBody) => {
  if (!/^[-\w]{1,64}$/u.test(topic)) return '{"code":40009}';
  if (priority < 1 || priority > 5) return '{"code":40007}';
  return Buffer.byteLength(message) > 4096 ? 'would become an attachment' : undefined;
};
