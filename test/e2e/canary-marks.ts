/** What must be found nowhere, with a name for each: the name may be said. */
export type Marks = Map<string, string>;

/** Shorter ones stand in texts by chance. */
const SHORTEST = 8;

/** Members of requests and answers whose values are secrets. */
const secretName =
  /^(access_?token|refresh_?token|id_?token|client_?secret|password|code|code_?verifier|client_assertion|accessJwt|refreshJwt|fb_exchange_token|input_token|upload_?id)$/iu;

/** Queries that make an address a secret (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). */
const signatureName = /^(X-Amz-Signature|appsecret_proof|upload_id)$/iu;

export function addMark(marks: Marks, secret: string, name: string): void {
  if (secret.length >= SHORTEST && !marks.has(secret)) marks.set(secret, name);
}

/** Every secret that stands in JSON or a form. */
export function addFrom(marks: Marks, text: string, name: string): void {
  const take = (key: string, value: string) => {
    if (secretName.test(key)) addMark(marks, value, `${key} of ${name}`);
  };
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      // Errors have codes as well; a code that signs in is text and long.
      if (typeof inner === 'string') take(key, inner);
      else walk(inner);
    }
  };
  if (/^\s*[[{]/u.test(text)) {
    try {
      walk(JSON.parse(text));
    } catch {
      // Cut short, or only looks like JSON.
    }
  } else if (/^[\w.~%-]+=/u.test(text)) {
    for (const [key, value] of new URLSearchParams(text)) take(key, value);
  }
}

/** The secrets of an address: signatures, and what the answer to a sign-in would hold. */
export function addFromQuery(marks: Marks, query: URLSearchParams, name: string): void {
  for (const [key, value] of query)
    if (signatureName.test(key) || secretName.test(key))
      addMark(marks, value, `${key} in addresses of ${name}`);
}

/** As it stands, in addresses, in JSON (also within JSON), in hex, in base64 from each offset it may begin at. */
export function spellings(mark: string): string[] {
  const json = JSON.stringify(mark).slice(1, -1);
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.from(' '.repeat(offset) + mark)
      .toString('base64')
      .slice(offset === 0 ? 0 : 4)
      .replace(/=*$/u, '')
      .slice(0, -4),
  );
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const hex = Buffer.from(mark).toString('hex');
  return [
    ...new Set([
      mark,
      encodeURIComponent(mark),
      new URLSearchParams({ s: mark }).toString().slice(2),
      encodeURIComponent(encodeURIComponent(mark)),
      json,
      JSON.stringify(json).slice(1, -1),
      json.replaceAll('/', '\\/'),
      mark.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
      hex,
      hex.toUpperCase(),
      ...[...base64, ...url].filter((text) => text.length >= 10),
    ]),
  ];
}

/** Where a mark is found: `password of email in a mail`. The mark itself is not said. */
export function findMarks(marks: Marks, places: ReadonlyMap<string, string>): string[] {
  const index = new Map<string, { form: string; name: string }[]>();
  for (const [mark, name] of marks)
    for (const form of spellings(mark)) {
      const start = form.slice(0, SHORTEST);
      index.set(start, [...(index.get(start) ?? []), { form, name }]);
    }
  const found = new Set<string>();
  for (const [place, text] of places)
    for (let at = 0; at + SHORTEST <= text.length; at += 1)
      for (const { form, name } of index.get(text.slice(at, at + SHORTEST)) ?? [])
        if (text.startsWith(form, at)) found.add(`${name} in ${place}`);
  return [...found];
}
