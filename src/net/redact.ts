/**
 * Takes secrets out of everything that is kept or shown: traces, logs, error texts. Two nets: the live secrets
 * this process has seen, by exact match in every spelling they travel in, and the shape of things that are
 * secret wherever they stand (Authorization, access_token=…, /bot123:ABC/).
 */

const gap = '***';

/** Shorter ones would blot out ordinary words. */
const shortestSecret = 6;

/** First characters of a spelling → the spellings that begin so: one look-up a position, however many there are. */
const spellings = new Map<string, string[]>();
/** Secret → its spellings, the one seen longest ago first. */
const known = new Map<string, string[]>();

/** Tokens are renewed for ever and a daemon lives long: the ones not seen for longest are dropped. */
const mostSecrets = 2000;

/** From now on `mask` takes this secret out of every text, in every spelling. */
export function rememberSecret(secret: string | undefined): void {
  if (secret === undefined || secret.length < shortestSecret) return;
  const seen = known.get(secret);
  if (seen !== undefined) {
    known.delete(secret);
    known.set(secret, seen);
    return;
  }
  const fresh = spellingsOf(secret);
  known.set(secret, fresh);
  for (const spelling of fresh) {
    const start = spelling.slice(0, shortestSecret);
    // Longest first, so that a secret which begins another one does not leave the other's tail behind.
    spellings.set(
      start,
      [...(spellings.get(start) ?? []), spelling].sort((a, b) => b.length - a.length),
    );
  }
  const [oldest] = known.keys();
  if (known.size > mostSecrets && oldest !== undefined) forgetSecret(oldest);
}

function forgetSecret(secret: string): void {
  for (const spelling of known.get(secret) ?? []) {
    const start = spelling.slice(0, shortestSecret);
    const others = [...(spellings.get(start) ?? [])];
    others.splice(others.indexOf(spelling), 1);
    if (others.length === 0) spellings.delete(start);
    else spellings.set(start, others);
  }
  known.delete(secret);
}

/** The text without secrets. Safe to apply twice. */
export function mask(text: string): string {
  return maskShapes(maskKnown(text));
}

/** Headers without secrets; names are compared without regard to case. */
export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeader.test(name) ? gap : mask(value)]),
  );
}

/**
 * The beginning of a body, without secrets. The cut comes last: a secret that lies across it would otherwise
 * lose the end by which it is known.
 */
export function maskBody(text: string, maxChars: number): string {
  const masked = mask(text.slice(0, maxChars + longestSecret));
  return masked.length <= maxChars && text.length <= maxChars + longestSecret
    ? masked
    : `${masked.slice(0, maxChars)}… (${text.length} characters in all)`;
}

/** Tokens of real platforms stay below this length. */
const longestSecret = 16_384;

// ---------------------------------------------------------------- live secrets

function spellingsOf(secret: string): string[] {
  const url = encodeURIComponent(secret);
  const form = new URLSearchParams({ s: secret }).toString().slice(2);
  const json = JSON.stringify(secret).slice(1, -1);
  const all = [
    secret,
    url,
    form,
    url.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
    encodeURIComponent(url),
    json,
    // PHP escapes slashes too, and so do Meta's answers.
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
    ...base64Of(secret),
  ];
  return [...new Set(all)].filter((spelling) => spelling.length >= shortestSecret);
}

/** Base64 as it looks when the secret stands anywhere inside what was encoded (as in `id:secret`). */
function base64Of(secret: string): string[] {
  const found: string[] = [];
  for (const before of [0, 1, 2]) {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    // Characters that depend on a neighbouring byte are left out: they differ from place to place.
    const start = before === 0 ? 0 : before + 1;
    const end = Math.floor((bytes.length * 8) / 6);
    found.push(bytes.toString('base64').slice(start, end), bytes.toString('base64url').slice(start, end));
  }
  return found;
}

function maskKnown(text: string): string {
  if (spellings.size === 0) return text;
  let result = '';
  let copied = 0;
  for (let at = 0; at + shortestSecret <= text.length; at += 1) {
    const candidates = spellings.get(text.slice(at, at + shortestSecret));
    const hit = candidates?.find((spelling) => text.startsWith(spelling, at));
    if (hit === undefined) continue;
    result += text.slice(copied, at) + gap;
    copied = at + hit.length;
    at = copied - 1;
  }
  return result + text.slice(copied);
}

// ---------------------------------------------------------------- shapes

const secretHeader =
  /^(proxy-)?authorization$|^(set-)?cookie2?$|^dpop$|^x-(goog-)?api-key$|(token|secret|signature)$/i;

/** Names whose value is a secret in an address, a form or JSON. Cursors (`page_token`) are not. */
const secretNames = [
  '(?!(?:next|prev|previous|page|pagination|sync|continuation|next_?page|prev_?page)_?token)\\w*token',
  '\\w*(?:secret|password|passwd|passphrase|signature|jwt|assertion|credential|appsecret_proof)',
  'code_verifier|device_code|upload_id|authorization|cookie|api_?key|dpop|sig|hmac|session_?id|sid',
].join('|');

/** Names that are secret in an address or a form only; in JSON they are ordinary words. */
const addressNames = [
  'code|state|key|policy|oh|auth|ticket|upload_session_id',
  'x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|x-signature|key-pair-id',
].join('|');

const shapes: readonly (readonly [RegExp, string])[] = [
  // name=value, also percent-encoded once as an address inside an address.
  [
    new RegExp(
      `(?:(?<![\\w-])|(?<=%(?:26|3F|23)))(${secretNames}|${addressNames})(=|%3D)(?:(?!%26)[^&\\s"'<>\\\\#;,])+`,
      'gi',
    ),
    `$1$2${gap}`,
  ],
  // "name": "value", also as JSON inside JSON; an unclosed string reaches to the end of what there is.
  [
    new RegExp(`(\\\\*")(${secretNames})\\1(\\s*:\\s*)\\1(?:(?!\\1)(?:\\\\.|[^\\\\]))*`, 'gis'),
    `$1$2$1$3$1${gap}`,
  ],
  // An OAuth code in JSON; error codes are words or numbers and stay.
  [/("code"\s*:\s*")(?=[^"]*\d)[^"\s]{16,}/gi, `$1${gap}`],
  // name: value, as headers look in texts.
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(\s*:\s*)[^\r\n"]+/gi, `$1$2${gap}`],
  [/\b(Bearer|Basic|DPoP|OAuth)(\s+)(?=[^\s"',;]*[\d=_-])[\w.~+/=|:-]{8,}/g, `$1$2${gap}`],
  // Telegram's bot tokens stand in the path (https://core.telegram.org/bots/api#making-requests).
  [/\b(bot)(\d+)(?::|%3A)[\w-]{3,}/gi, `$1$2:${gap}`],
  // user:password@host
  [/(\/\/)[^/\s:@"']+:[^/\s@"']+@/g, `$1${gap}@`],
  // JSON web tokens; Meta, Google, TikTok, Pinterest and GitHub-like tokens by their first letters.
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, gap],
  [/\b(?:EAA|IGQ|IGAA|THQ|THAA)\w{16,}/g, gap],
  [/\b(?:ya29\.|GOCSPX-|act\.|rft\.|pina_|pinr_)[\w.!*~-]{8,}/g, gap],
  [/\b[14]\/\/?0[\w-]{12,}/g, gap],
  // Bluesky's app passwords.
  [/(?<![\w-])[a-z0-9]{4}(?:-[a-z0-9]{4}){3}(?![\w-])/g, gap],
];

function maskShapes(text: string): string {
  return shapes.reduce((masked, [shape, replacement]) => masked.replace(shape, replacement), text);
}
