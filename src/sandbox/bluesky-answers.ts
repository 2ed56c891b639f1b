import { createHash } from 'node:crypto';
import type { SimRequest, SimResponse } from './types.ts';

/** Thrown anywhere below the simulator's handle: this answer instead. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super(`HTTP ${response.status}`);
    this.response = response;
  }
}

/** XRPC's error answer: a name for programs, a sentence for people. */
export function refuse(
  status: number,
  error: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): never {
  throw new Refusal({ status, headers, body: { error, message } });
}

/** An OAuth endpoint's error answer. */
export function oauthRefuse(
  status: number,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): never {
  throw new Refusal({ status, headers, body: { error, error_description: description } });
}

export function ok(body: object): SimResponse {
  return { status: 200, body };
}

export function jsonOf(request: SimRequest): Record<string, unknown> {
  if (!request.complete) refuse(400, 'InvalidRequest', 'request aborted');
  if (!/^application\/json\b/u.test(request.headers['content-type'] ?? ''))
    refuse(400, 'InvalidRequest', 'Request encoding (Content-Type) required but not provided');
  try {
    const body: unknown = JSON.parse(request.body.toString());
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>;
  } catch {
    return refuse(400, 'SyntaxError', 'Unexpected token in JSON');
  }
  return refuse(400, 'InvalidRequest', 'Input must be an object');
}

export function need(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  return refuse(400, 'InvalidRequest', `Missing required key "${name}"`);
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A CID of version 1 over SHA-256. `raw`: of a file (bafkrei…). `record`: of a record (bafyrei…). */
export function cidOf(bytes: Buffer | string, codec: 'raw' | 'record'): string {
  const digest = createHash('sha256').update(bytes).digest();
  const all = Buffer.concat([Buffer.from([1, codec === 'raw' ? 0x55 : 0x71, 0x12, 0x20]), digest]);
  let [bits, held, text] = [0, 0, 'b'];
  for (const byte of all) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += base32[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + base32[(held << (5 - bits)) & 31] : text;
}

/** The same content gives the same text, whatever the order of its keys. (A real server hashes DAG-CBOR.) */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${pairs.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
}

/** A token of the form header.claims.signature; nobody but the simulator checks the signature. */
export function jwt(header: object, claims: object, signature: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(claims)}.${signature}`;
}
