import type { SimRequest, SimResponse, World } from './types.ts';

/** An error answer on its way out: thrown anywhere below a Graph host's handler. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super('refused');
    this.response = response;
  }
}

export interface GraphFault {
  status?: number;
  type?: 'OAuthException' | 'IGApiException' | 'GraphMethodException' | 'THApiException';
  subcode?: number;
  /** In the language of the account’s person. */
  userMessage?: string;
  headers?: Readonly<Record<string, string>>;
}

/** An error in the Graph API's shape; 400 whatever it is, but for missing rights. */
export function graphError(code: number, message: string, fault: GraphFault = {}): Refusal {
  const { subcode, userMessage } = fault;
  const error = {
    message,
    type: fault.type ?? 'OAuthException',
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    ...(userMessage === undefined ? {} : { error_user_title: 'Fehler', error_user_msg: userMessage }),
    is_transient: false,
    fbtrace_id: 'AbCdEfGhIjKlMnOpQrStUvW',
  };
  const status = fault.status ?? (code === 10 || (code >= 200 && code <= 299) ? 403 : 400);
  return new Refusal({ status, body: { error }, ...(fault.headers ? { headers: fault.headers } : {}) });
}

/** What Graph says of objects that are not there, not readable with this token, or not replicated yet. */
export function unreadable(id: string): Refusal {
  return graphError(
    100,
    `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    { subcode: 33, type: 'GraphMethodException' },
  );
}

/** Parameters of query and form together; the form wins. */
export function paramsOf(request: SimRequest): URLSearchParams {
  const params = new URLSearchParams(request.query);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded'))
    for (const [name, value] of new URLSearchParams(request.body.toString())) params.set(name, value);
  return params;
}

/** The token of a Graph call, wherever it stands. */
export function tokenOf(request: SimRequest): string | undefined {
  const header = /^Bearer +(\S+)$/iu.exec(request.headers['authorization'] ?? '')?.[1];
  return header ?? paramsOf(request).get('access_token') ?? undefined;
}

/** A field's value, or how to get it from its sub-fields. */
export type Node = Readonly<Record<string, unknown>>;

/**
 * The fields that were asked for, `id` always among them. A field that the node doesn't have fails the whole
 * call, as it does there; one that is undefined is left out.
 */
export function select(
  node: Node,
  type: string,
  fields: string | null,
  usual: string,
): Record<string, unknown> {
  const wanted = splitFields(fields || usual);
  const answer: Record<string, unknown> = {};
  for (const { name, inner } of wanted) {
    if (!Object.hasOwn(node, name))
      throw graphError(100, `(#100) Tried accessing nonexisting field (${name}) on node type (${type})`);
    const value = node[name];
    if (value === undefined) continue;
    answer[name] =
      inner !== undefined && typeof value === 'object' && value !== null
        ? select(value as Node, name, inner, 'id')
        : value;
  }
  if (node['id'] !== undefined) answer['id'] = node['id'];
  return answer;
}

/** `id,name,account{id,username}` → names with what stands in their braces. */
function splitFields(fields: string): { name: string; inner?: string }[] {
  const found: { name: string; inner?: string }[] = [];
  for (const [, name = '', inner] of fields.matchAll(/([\w.]+)(?:\{([^{}]*)\})?/gu))
    found.push(inner === undefined ? { name } : { name, inner });
  return found;
}

/** One page of a list, with cursors; `next` carries the token, as the real one does. */
export function paged<T>(
  request: SimRequest,
  items: readonly T[],
  usualLimit: number,
  render: (item: T) => unknown,
): SimResponse {
  const params = paramsOf(request);
  const limit = Math.max(1, Number(params.get('limit') ?? usualLimit) || usualLimit);
  const after = params.get('after');
  const start = after === null ? 0 : Number(Buffer.from(after, 'base64url').toString());
  const page = items.slice(start, start + limit);
  const cursor = (at: number) => Buffer.from(String(at)).toString('base64url');
  const next = new URL(request.path, request.origin);
  for (const [name, value] of params) next.searchParams.set(name, value);
  next.searchParams.set('access_token', tokenOf(request) ?? '');
  next.searchParams.set('after', cursor(start + limit));
  return {
    status: 200,
    body: {
      data: page.map(render),
      ...(page.length > 0
        ? {
            paging: {
              cursors: { before: cursor(start), after: cursor(start + limit) },
              ...(start + limit < items.length ? { next: next.href } : {}),
            },
          }
        : {}),
    },
  };
}

/** `2026-11-20T10:15:30+0000` */
export function graphStamp(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/u, '+0000');
}

/** A datetime parameter: Unix seconds or a date. Epoch ms. */
export function instantOf(value: string | null, world: World): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/u.test(value)) return Number(value) * 1000;
  if (value === 'today') return Math.floor(world.clock.now() / 86_400_000) * 86_400_000;
  const at = Date.parse(value);
  if (Number.isNaN(at)) throw graphError(100, `(#100) Invalid parameter: ${value} is no date`);
  return at;
}
