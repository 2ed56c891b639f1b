import { graphError, graphStamp, instantOf, paged, paramsOf, unreadable } from './meta-graph.ts';
import type { ThreadsContainer, ThreadsContainers } from './threads-container.ts';
import type { ThreadsHolder, ThreadsLogin } from './threads-login.ts';
import type { ThreadsQuirks } from './threads-quirks.ts';
import type { SimAccount, SimPost, SimRequest, SimResponse, World } from './types.ts';

const DAY = 86_400_000;

interface Thread {
  id: string;
  account: SimAccount;
  text: string;
  type: string;
  shortcode: string;
  publishedAt: number;
  sha256: string;
  bytes: number;
  facts: Readonly<Record<string, unknown>>;
}

export interface ThreadsApi {
  /** The path comes without its version. */
  call(request: SimRequest, path: string): Promise<SimResponse>;
  posts(): SimPost[];
  post(input: unknown): unknown;
}

/** graph.threads.net: profile, containers, posts, quota. */
export function createThreadsApi(
  world: World,
  quirks: ThreadsQuirks,
  login: ThreadsLogin,
  containers: ThreadsContainers,
): ThreadsApi {
  const threads: Thread[] = [];
  /** What used quota up; a deleted post gives none back. */
  const spent: { accountId: string; at: number }[] = [];

  async function call(request: SimRequest, path: string): Promise<SimResponse> {
    if (quirks.tooManyCalls > 0) {
      quirks.tooManyCalls -= 1;
      return { status: 429, headers: { 'retry-after': '60' }, body: '' };
    }
    const holder = login.authenticate(request);
    const [first = '', edge = ''] = path.split('/').filter(Boolean);
    if (first === 'me' || first === holder.account.id) return accountCall(request, holder, edge);
    const container = containers.find(first);
    const thread = threads.find(({ id }) => id === first);
    const owner = (container ?? thread)?.account;
    if (owner?.id !== holder.account.id) throw unreadable(first);
    if (container && request.method === 'GET') return containerNode(request, container);
    if (thread && request.method === 'GET')
      return { status: 200, body: pick(threadNode(thread), paramsOf(request).get('fields'), 'id') };
    if (thread && request.method === 'DELETE') {
      need(holder, 'threads_delete');
      threads.splice(threads.indexOf(thread), 1);
      return { status: 200, body: { success: true, deleted_id: thread.id } };
    }
    throw graphError(100, 'Unsupported request', { type: 'THApiException' });
  }

  async function accountCall(request: SimRequest, holder: ThreadsHolder, edge: string): Promise<SimResponse> {
    switch (`${request.method} ${edge}`) {
      case 'GET ':
        return { status: 200, body: pick(profile(holder.account), paramsOf(request).get('fields'), 'id') };
      case 'POST threads':
        need(holder, 'threads_content_publish');
        return containers.create(request, holder);
      case 'POST threads_publish':
        need(holder, 'threads_content_publish');
        return publish(request, holder);
      case 'GET threads':
        return list(request, holder);
      case 'GET threads_publishing_limit':
        return quota(request, holder);
      default:
        world.complain('threads', `there is no ${request.method} of ${edge} on a profile`);
        throw graphError(100, 'Unsupported request', { type: 'THApiException' });
    }
  }

  async function publish(request: SimRequest, { account }: ThreadsHolder): Promise<SimResponse> {
    const params = paramsOf(request);
    const container = containers.find(params.get('creation_id') ?? '');
    if (container?.account.id !== account.id) throw notFound(params.get('creation_id') ?? '');
    const state = await containers.statusOf(container);
    if (state !== 'FINISHED' || container.createdAt < quirks.lostBefore) throw notFound(container.id);
    if (quirks.notFoundYet > 0) {
      quirks.notFoundYet -= 1;
      throw notFound(container.id);
    }
    if (usedOf(account) >= quirks.quotaTotal)
      throw graphError(9, 'Application request limit reached', { subcode: 2207042 });
    const answer = quirks.publishAnswers.shift() ?? '';
    const refused = /^(-?\d+)(?:\/(\d+))?$/u.exec(answer);
    if (refused) throw numbered(refused);
    const thread = live(container);
    const after = /^posted-(-?\d+)(?:\/(\d+))?$/u.exec(answer);
    if (after) throw numbered(after);
    if (answer === 'posted-500') return { status: 500, body: '<html><body>Sorry</body></html>' };
    if (answer === 'posted-garbage') return { status: 200, body: '<html></html>' };
    return { status: 200, body: { id: thread.id } };
  }

  function live(container: ThreadsContainer): Thread {
    const { account, params, bytes, sha256 } = container;
    const facts = Object.fromEntries([...params].filter(([name]) => name !== 'text' && name !== 'video_url'));
    const text = params.get('text') ?? '';
    const publishedAt = world.clock.now();
    const thread = add({ account, text, type: 'VIDEO', publishedAt, sha256, bytes, facts });
    container.mediaId = thread.id;
    spent.push({ accountId: account.id, at: publishedAt });
    return thread;
  }

  function add(thread: Omit<Thread, 'id' | 'shortcode'>): Thread {
    // Containers and posts have numbers of the same length: neither may be taken for the other.
    let id = BigInt(world.snowflake().slice(0, 17)) + 1_000_000n;
    while (threads.some((other) => other.id === id.toString()) || containers.find(id.toString())) id += 1n;
    const made = { ...thread, id: id.toString(), shortcode: world.token('D', 10) };
    threads.push(made);
    threads.sort((one, other) => other.publishedAt - one.publishedAt);
    return made;
  }

  function usedOf(account: SimAccount): number {
    const since = world.clock.now() - DAY;
    return spent.filter(({ accountId, at }) => accountId === account.id && at > since).length;
  }

  function quota(request: SimRequest, { account }: ThreadsHolder): SimResponse {
    const config = (quota_total: number) => ({ quota_total, quota_duration: 86_400 });
    const node = {
      quota_usage: usedOf(account),
      config: config(quirks.quotaTotal),
      reply_quota_usage: 0,
      reply_config: config(1000),
      delete_quota_usage: 0,
      delete_config: config(100),
      location_search_quota_usage: 0,
      location_search_config: config(500),
    };
    const fields = paramsOf(request).get('fields');
    return { status: 200, body: { data: [pick(node, fields, 'quota_usage,config')] } };
  }

  function list(request: SimRequest, { account }: ThreadsHolder): SimResponse {
    const params = paramsOf(request);
    if (Number(params.get('limit') ?? 25) > 100)
      throw graphError(100, 'Param limit must be at most 100', { type: 'THApiException' });
    const now = world.clock.now();
    const since = instantOf(params.get('since'), world) ?? 0;
    const until = instantOf(params.get('until'), world) ?? Number.POSITIVE_INFINITY;
    const listed = threads.filter(
      (one) =>
        one.account.id === account.id &&
        now - one.publishedAt >= quirks.listDelayMs &&
        one.publishedAt >= since &&
        one.publishedAt <= until,
    );
    return paged(request, listed, 25, (one) => pick(threadNode(one), params.get('fields'), 'id'));
  }

  async function containerNode(request: SimRequest, container: ThreadsContainer): Promise<SimResponse> {
    const status = await containers.statusOf(container);
    const silent = quirks.statusMissing > 0;
    if (silent) quirks.statusMissing -= 1;
    const node = {
      id: container.id,
      status: silent ? undefined : status,
      error_message: status === 'ERROR' ? container.error : undefined,
    };
    return { status: 200, body: pick(node, paramsOf(request).get('fields'), 'id,status') };
  }

  function threadNode(thread: Thread): Record<string, unknown> {
    return {
      id: thread.id,
      media_product_type: 'THREADS',
      media_type: thread.type,
      text: thread.text === '' ? undefined : thread.text,
      timestamp: graphStamp(thread.publishedAt),
      permalink: permalink(thread),
      shortcode: thread.shortcode,
      username: thread.account.handle.replace(/^@/u, ''),
      topic_tag: thread.facts['topic_tag'],
    };
  }

  function permalink({ account, shortcode }: Thread): string {
    return `https://${quirks.permalinkHost}/${account.handle}/post/${shortcode}`;
  }

  return {
    call,
    posts: () =>
      threads
        .filter(({ type }) => type === 'VIDEO')
        .map((thread) => ({
          platform: 'threads',
          accountId: thread.account.id,
          id: thread.id,
          url: permalink(thread),
          text: thread.text,
          sha256: thread.sha256,
          bytes: thread.bytes,
          visible: true,
          publishedAt: thread.publishedAt,
          facts: thread.facts,
        })),
    post(input) {
      const wanted = input as { account: string; text?: string; at?: number; type?: string };
      const { text = '', at = world.clock.now(), type = 'VIDEO' } = wanted;
      const account = world.accounts('threads').find((one) => one.handle === wanted.account);
      if (!account) throw new Error(`there is no account ${wanted.account}`);
      const sha256 = world.keepMedia(Buffer.from(`by hand ${at} ${text}`));
      return add({ account, text, type, publishedAt: at, sha256, bytes: 0, facts: { byHand: true } });
    },
  };
}

function need({ scopes }: ThreadsHolder, scope: string): void {
  if (!scopes.includes(scope))
    throw graphError(10, `Application does not have permission for this action (${scope})`);
}

function notFound(id: string) {
  return graphError(24, 'The requested resource does not exist', {
    subcode: 4279009,
    userMessage: `Das Medium mit der ID ${id} wurde nicht gefunden.`,
  });
}

function numbered([, code = '1', subcode]: RegExpExecArray) {
  const more = subcode === undefined ? {} : { subcode: Number(subcode) };
  return graphError(Number(code), 'Something was not right.', { ...more, status: 400 });
}

function profile(account: SimAccount): Record<string, unknown> {
  return {
    id: account.id,
    username: account.handle.replace(/^@/u, ''),
    name: account.name,
    threads_profile_picture_url: undefined,
    threads_biography: undefined,
    is_verified: false,
  };
}

/** The fields that were asked for; one that there isn't fails the whole call, in Threads' own words. */
function pick(node: Record<string, unknown>, fields: string | null, usual: string): Record<string, unknown> {
  const answer: Record<string, unknown> = {};
  for (const name of (fields || usual).split(',')) {
    if (!Object.hasOwn(node, name))
      throw graphError(100, `Tried accessing nonexisting field (${name})`, { type: 'THApiException' });
    if (node[name] !== undefined) answer[name] = node[name];
  }
  return node['id'] === undefined ? answer : { ...answer, id: node['id'] };
}
