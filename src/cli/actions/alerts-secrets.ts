import { readFileSync } from 'node:fs';
import type { ChannelKind, ChannelSecrets } from '../../core/alert.ts';
import { Failure } from '../../core/failure.ts';
import { keyBytes } from '../../net/alert-webhook.ts';
import { ask } from '../ask.ts';
import type { Turn } from '../command.ts';
import { readStdin } from '../io.ts';
import type { QuestionName } from '../questions.ts';

export interface SecretFlags {
  urlStdin?: boolean;
  urlFile?: string;
  tokenStdin?: boolean;
  tokenFile?: string;
  keyStdin?: boolean;
  keyFile?: string;
  passwordStdin?: boolean;
  passwordFile?: string;
}

type SecretName = keyof ChannelSecrets;

/** What each kind must have, and may have. */
const needs: Readonly<Record<ChannelKind, { must: readonly SecretName[]; may?: readonly SecretName[] }>> = {
  slack: { must: ['url'] },
  discord: { must: ['url'] },
  telegram: { must: ['token'] },
  ntfy: { must: ['url'], may: ['token'] },
  email: { must: [], may: ['password'] },
  webhook: { must: ['url', 'key'] },
  desktop: { must: [] },
  heartbeat: { must: ['url'] },
};

const labels: Readonly<Record<SecretName, string>> = {
  url: 'Address',
  token: 'Token',
  key: 'Signing key',
  password: 'Password',
};

const asked = {
  url: 'alertUrl',
  token: 'alertToken',
  key: 'alertKey',
  password: 'alertPassword',
} as const satisfies Record<SecretName, QuestionName>;

/** From standard input, files or questions; never from arguments, which every process on the machine can read. */
export async function readSecrets(
  turn: Turn,
  kind: ChannelKind,
  flags: SecretFlags,
  signsIn: boolean,
): Promise<ChannelSecrets> {
  const names: readonly SecretName[] = ['url', 'token', 'key', 'password'];
  const { must, may = [] } = needs[kind];
  const given = new Map<SecretName, string>();
  const fromStdin = names.filter((name) => flags[`${name}Stdin`]);
  if (fromStdin.length > 1)
    throw new Failure('E_USAGE', {
      message: `Standard input holds one secret, not ${fromStdin.length}.`,
      hint: `Give the other one as a file: --${fromStdin.at(-1)}-file PATH.`,
    });
  for (const name of names) {
    const path = flags[`${name}File`];
    const text = flags[`${name}Stdin`]
      ? await readStdin(turn.app.io)
      : path === undefined
        ? undefined
        : readSecretFile(path);
    if (text === undefined) continue;
    if (![...must, ...may].includes(name))
      throw new Failure('E_USAGE', { message: `A channel of the kind ${kind} has no ${name}.` });
    if (text.trim() === '')
      throw new Failure('E_USAGE', { message: `The ${labels[name].toLowerCase()} is empty.` });
    given.set(name, text.trim());
  }
  const wanted = kind === 'email' && signsIn ? (['password'] as const) : must;
  for (const name of wanted)
    if (!given.has(name)) given.set(name, await answer(turn, asked[name], labels[name], true));
  const secrets: ChannelSecrets = Object.fromEntries(given);
  check(kind, secrets);
  return secrets;
}

/** Asks on the terminal. Throws E_MISSING_ANSWER with the flag where nobody can be asked. */
export async function answer(
  turn: Turn,
  name: QuestionName,
  question: string,
  secret = false,
): Promise<string> {
  const { askText } = await ask(turn, name);
  return (await askText(question, secret)).trim();
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure('E_USAGE', {
      message: `The file ${path} can’t be read.`,
      hint: 'Check the path, and that you may read it.',
      cause: error,
    });
  }
}

/** Where a channel's address must lead, where that is known. */
const hosts: Partial<Record<ChannelKind, { pattern: RegExp; example: string }>> = {
  slack: {
    pattern: /^https:\/\/hooks\.slack(-gov)?\.com\/\w+\/\S+$/u,
    example: 'https://hooks.slack.com/services/…',
  },
  discord: {
    pattern: /^https:\/\/((ptb|canary)\.)?discord(app)?\.com\/api\/(v\d+\/)?webhooks\/\d+\/\S+$/u,
    example: 'https://discord.com/api/webhooks/…/…',
  },
  ntfy: { pattern: /^https?:\/\/[^/]+\/\S*[^/\s]$/u, example: 'https://ntfy.sh/your-topic' },
};

/** Says what is wrong with a secret without showing it. */
function check(kind: ChannelKind, { url, key, token }: ChannelSecrets): void {
  const host = hosts[kind];
  if (url !== undefined) {
    if (!isSafe(url) || (host && !host.pattern.test(url)))
      throw new Failure('E_USAGE', {
        message: `That is no address for a channel of the kind ${kind}.`,
        hint: `It looks like ${host?.example ?? 'https://example.com/…'}; http goes to this machine and private networks only.`,
      });
  }
  if (key !== undefined) keyBytes(key);
  if (kind === 'telegram' && !/^\d+:[\w-]{20,}$/u.test(token ?? ''))
    throw new Failure('E_USAGE', {
      message: 'That is no bot token.',
      hint: 'It looks like 123456789:AA…, as @BotFather shows it.',
    });
}

function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username } = new URL(url);
  if (username !== '') return false;
  if (protocol === 'https:') return true;
  const near =
    /^(localhost$|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\]|\[f[cd])|\.(local|lan|internal)$/u;
  return protocol === 'http:' && near.test(hostname);
}
