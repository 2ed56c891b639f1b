import { ask, type SendPieces, secretOf } from './alert-send.ts';
import { cut, plainText } from './alert-text.ts';

/** A longer one becomes an attachment (https://docs.ntfy.sh/publish/#limitations). */
const MOST_BYTES = 4096;
const MOST_TITLE = 200;
/** https://docs.ntfy.sh/publish/#message-priority */
const priorities = { critical: 5, warning: 4, info: 3 } as const;

/** JSON to the server's root (https://docs.ntfy.sh/publish/#publish-as-json): text without any markup. */
export async function sendNtfy({ http, secrets, message }: SendPieces): Promise<void> {
  const { server, topic } = ntfyPlace(secretOf(secrets, 'url'));
  const [first] = message.items;
  await ask(http, 'ntfy', {
    url: server,
    ...(secrets.token === undefined ? {} : { headers: { authorization: `Bearer ${secrets.token}` } }),
    json: {
      topic,
      title: cut(message.title, MOST_TITLE),
      message: plainText(message, MOST_BYTES, (text) => Buffer.byteLength(text)) || message.title,
      priority: message.items.length === 0 ? priorities.info : priorities[message.severity],
      tags: [message.severity === 'info' ? 'white_check_mark' : 'rotating_light'],
      ...(first?.link ? { click: first.link } : {}),
    },
  });
}

/** `https://ntfy.sh/my-topic` → the server and the topic. */
export function ntfyPlace(url: string): { server: string; topic: string } {
  const { origin, pathname } = new URL(url);
  const [topic = '', ...above] = pathname.split('/').filter(Boolean).reverse();
  return { server: `${origin}/${above.reverse().join('/')}`, topic: decodeURIComponent(topic) };
}
