import { Failure } from './failure.ts';

/** What a setting's text means. */
type Kind = 'duration' | 'count' | 'bytes' | 'text' | 'choice';

interface SettingSpec {
  title: string;
  kind: Kind;
  default: string;
  /** Environment variable that overrides the file. */
  env?: string;
  choices?: readonly string[];
  min?: number;
}

/** Every setting, its meaning and its default; durations such as `2m`, sizes such as `5GB`. */
export const settingSpecs = {
  'poll.interval': {
    title: 'how often each source is asked for new videos',
    kind: 'duration',
    default: '2m',
    min: 1,
  },
  'retry.base': {
    title: 'first pause after a failure; doubles each time',
    kind: 'duration',
    default: '2s',
    min: 1,
  },
  'retry.attempts': { title: 'attempts before a job is a dead letter', kind: 'count', default: '5', min: 1 },
  'retry.cap': { title: 'longest pause after a failure', kind: 'duration', default: '1h', min: 1 },
  'retry.giveUp': {
    title: 'how long a job waits for a login, a quota or processing',
    kind: 'duration',
    default: '7d',
    min: 1000,
  },
  'http.timeout': { title: 'overall deadline of one request', kind: 'duration', default: '60s', min: 1 },
  'media.cacheLimit': {
    title: 'most disk space for videos kept to be sent',
    kind: 'bytes',
    default: '5GB',
    min: 1,
  },
  'media.folder': { title: 'folder of originals for rules that name none', kind: 'text', default: '' },
  'ytDlp.rateLimit': {
    title: 'most bytes a second that yt-dlp may load, in its own spelling',
    kind: 'text',
    default: '5M',
  },
  'ytDlp.cookies': {
    title: 'file of cookies for yt-dlp, for videos that only you may see',
    kind: 'text',
    default: '',
  },
  'ytDlp.impersonate': {
    title: 'browser that yt-dlp passes for, where TikTok refuses programs',
    kind: 'text',
    default: '',
  },
  'ytDlp.timeout': {
    title: 'how long yt-dlp may take for one video',
    kind: 'duration',
    default: '15m',
    min: 1000,
  },
  'host.kind': {
    title: 'where videos are made public for platforms that fetch them: none, s3, folder',
    kind: 'choice',
    default: 'none',
    choices: ['none', 's3', 'folder'],
  },
  'host.url': {
    title: 'public address of the host’s folder, or of the bucket where it is public',
    kind: 'text',
    default: '',
  },
  'host.folder': { title: 'folder that your web server serves under host.url', kind: 'text', default: '' },
  'host.s3.endpoint': {
    title: 'address of the S3-compatible service; {bucket} in it puts the bucket into the name',
    kind: 'text',
    default: '',
  },
  'host.s3.bucket': { title: 'bucket for videos on their way', kind: 'text', default: '' },
  'host.s3.region': { title: 'region that requests are signed for', kind: 'text', default: 'us-east-1' },
  'host.s3.prefix': { title: 'what object names begin with', kind: 'text', default: 'repost/' },
  'host.s3.accessKeyId': {
    title: 'access key id (its secret is in the vault: repost host set)',
    kind: 'text',
    default: '',
  },
  'daemon.http': {
    title: 'address of the local API and page, or off',
    kind: 'text',
    default: '127.0.0.1:4455',
    env: 'REPOST_HTTP',
  },
  'daemon.http.origin': {
    title: 'https address of the proxy before the local API, where there is one',
    kind: 'text',
    default: '',
  },
  'daemon.http.tlsCert': { title: 'certificate of the local API, a PEM file', kind: 'text', default: '' },
  'daemon.http.tlsKey': { title: 'key of that certificate, a PEM file', kind: 'text', default: '' },
  'daemon.metrics': {
    title: 'who may read /metrics: local (only where the address is this machine’s own), on, off',
    kind: 'choice',
    default: 'local',
    choices: ['local', 'on', 'off'],
  },
  'daemon.concurrency': { title: 'jobs that may run at once', kind: 'count', default: '8', min: 1 },
  'daemon.drain': {
    title: 'how long running jobs may take to end when the daemon is told to stop',
    kind: 'duration',
    default: '10m',
    min: 1000,
  },
  timezone: { title: 'zone for times shown and for rules that name none', kind: 'text', default: '' },
  vault: {
    title: 'where secrets are kept',
    kind: 'choice',
    default: '',
    env: 'REPOST_VAULT',
    choices: ['', 'keychain', 'file', 'command', 'database'],
  },
  'vault.command': {
    title: 'program of the command vault',
    kind: 'text',
    default: '',
    env: 'REPOST_VAULT_COMMAND',
  },
  'log.level': {
    title: 'least important kind of log line that is written',
    kind: 'choice',
    default: 'info',
    env: 'REPOST_LOG_LEVEL',
    choices: ['debug', 'info', 'warn', 'error'],
  },
  'log.format': {
    title: 'form of log lines',
    kind: 'choice',
    default: 'text',
    env: 'REPOST_LOG_FORMAT',
    choices: ['text', 'json'],
  },
  'log.file': {
    title: 'file that the daemon writes its log to, instead of standard error',
    kind: 'text',
    default: '',
    env: 'REPOST_LOG_FILE',
  },
  'log.maxSize': { title: 'size at which log.file is turned over', kind: 'bytes', default: '10MB', min: 1 },
  'log.keep': { title: 'older log files that are kept', kind: 'count', default: '5', min: 0 },
  'analytics.numbers': {
    title: 'whether views and likes of posts are read, where limits leave room for it',
    kind: 'choice',
    default: 'on',
    choices: ['on', 'off'],
  },
  'analytics.interval': {
    title: 'how often they are read while a post is young; later less often, after 30 days no more',
    kind: 'duration',
    default: '6h',
    min: 600_000,
  },
  'update.notice': {
    title: 'whether a newer version is told of, on a terminal and once a day',
    kind: 'choice',
    default: 'on',
    choices: ['on', 'off'],
  },
  store: {
    title: 'database of several hosts, postgres://user@host/database; empty: the home’s own file',
    kind: 'text',
    default: '',
    env: 'REPOST_STORE',
  },
} as const satisfies Record<string, SettingSpec>;

export type SettingKey = keyof typeof settingSpecs;

export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(settingSpecs, text);
}

const words: Partial<Record<Kind, string>> = { bytes: 'size', count: 'whole number' };

function leastOf({ kind, min = 0 }: SettingSpec): string {
  return min <= 1 ? '' : `, and at least ${kind === 'duration' ? sayLength(min) : min}`;
}

/** Throws E_CONFIG where the text is no value of this setting. */
export function checkSetting(key: SettingKey, text: string): void {
  const spec: SettingSpec = settingSpecs[key];
  if (spec.kind === 'choice' && !spec.choices?.includes(text)) {
    throw new Failure('E_CONFIG', {
      message: `${key} can’t be “${text}”.`,
      hint: `It is one of: ${spec.choices?.filter(Boolean).join(', ')}.`,
    });
  }
  const number = numberOf(spec.kind, text);
  if (number === undefined) return;
  if (Number.isNaN(number) || number < (spec.min ?? 0)) {
    throw new Failure('E_CONFIG', {
      message: `${key} can’t be “${text}”.`,
      hint: `It is a ${words[spec.kind] ?? spec.kind}, such as ${spec.default}${leastOf(spec)}.`,
    });
  }
}

/** A setting's text as a number: ms, bytes or a count. */
export function settingNumber(key: SettingKey, text: string): number {
  return numberOf(settingSpecs[key].kind, text) ?? Number.NaN;
}

function numberOf(kind: Kind, text: string): number | undefined {
  switch (kind) {
    case 'duration':
      return parseDuration(text);
    case 'bytes':
      return parseBytes(text);
    case 'count':
      return /^\d+$/u.test(text) ? Number(text) : Number.NaN;
    default:
      return undefined;
  }
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90s`, `2m`, `1h30m`, `7d`, or plain milliseconds with `ms` → ms; NaN where it is none. */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)/gu)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text.trim()) return Number.NaN;
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN),
    0,
  );
}

/** ms → `1h30m`, which `parseDuration` reads as the same. */
export function sayLength(ms: number): string {
  const parts: string[] = [];
  let left = ms;
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = unitMs[unit] ?? 1;
    const count = Math.floor(left / size);
    if (count > 0) parts.push(`${count}${unit}`);
    left -= count * size;
  }
  return parts.join('') || '0s';
}

const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** `500MB`, `5GB`, `1GiB` → bytes; NaN where it is none. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/iu.exec(text.trim());
  return match ? Number(match[1]) * (unitBytes[match[2]?.toLowerCase() ?? ''] ?? Number.NaN) : Number.NaN;
}
