import { Failure } from '../core/failure.ts';
import type { JobFilter, Store } from '../store/types.ts';

/**
 * The store as one user sees it: what others own is not there, and what is not listed here can't be done through
 * it. What the engine alone needs stays out.
 */
export function scopeStore(store: Store, user: string): Store {
  return {
    ...closed(store),
    meta: store.meta,
    version: store.version,
    close: store.close,
    limits: only(store.limits, {
      state: store.limits.state,
      peek: store.limits.peek,
      ledger: store.limits.ledger,
      // What the evidence and the checks ask of a platform is paid for like everything else.
      take: store.limits.take,
      learn: store.limits.learn,
    }),
    breakers: only(store.breakers, {
      get: store.breakers.get,
      open: async () => {
        const own = new Set((await store.accounts.list({ user })).map(({ id }) => id));
        return (await store.breakers.open()).filter(({ accountId }) => own.has(accountId));
      },
    }),
    accounts: only(store.accounts, scopeAccounts(store, user)),
    apps: only(store.apps, { get: store.apps.get }),
    sources: only(store.sources, scopeSources(store, user)),
    rules: only(store.rules, scopeRules(store, user)),
    videos: only(store.videos, scopeVideos(store, user)),
    jobs: only(store.jobs, scopeJobs(store, user)),
    journal: only(store.journal, {
      load: async (jobId) => ((await ownJob(store, user, jobId)) ? store.journal.load(jobId) : []),
    }),
    users: only(store.users, {
      list: async () => (await store.users.list()).filter(({ name }) => name === user),
    }),
    media: only(store.media, { get: store.media.get }),
    // On which machines all this runs is not a user's affair.
    hosts: only(store.hosts, { list: async () => [] }),
    credentials: only(store.credentials, {
      list: async (kind) => (await store.credentials.list(kind)).filter((row) => row.user === user),
      add: store.credentials.add,
      take: async (id, kind) =>
        (await store.credentials.get(id))?.user === user ? store.credentials.take(id, kind) : undefined,
    }),
    audit: { list: (filter) => store.audit.list({ ...filter, user }) },
    analytics: { read: (filter) => store.analytics.read({ ...filter, user }) },
  };
}

/** Every noun of the store, with nothing open: what is added to the store one day is not open by itself. */
function closed(store: Store): Store {
  const nouns = Object.entries(store).map(([name, noun]) => [
    name,
    typeof noun === 'object' ? only(noun as object, {}) : noun,
  ]);
  return Object.fromEntries(nouns) as Store;
}

/** The functions that are given; all others refuse. */
function only<T extends object>(whole: T, open: Partial<T>): T {
  const refuse = () =>
    Promise.reject(new Failure('E_API_ROLE', { message: 'That can’t be done for one user alone.' }));
  const names = Object.keys(whole) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, open[name] ?? refuse])) as T;
}

const notFound = (what: string) => new Failure('E_NOT_FOUND', { message: `There is no such ${what}.` });

function scopeAccounts({ accounts }: Store, user: string): Partial<Store['accounts']> {
  const get = async (id: number) => {
    const account = await accounts.get(id);
    return account?.user === user ? account : undefined;
  };
  return {
    get,
    list: (filter) => accounts.list({ ...filter, user }),
    update: async (id, change, now) => {
      if (!(await get(id)) || (change.user !== undefined && change.user !== user)) throw notFound('account');
      return accounts.update(id, change, now);
    },
    remove: async (id, now) => {
      if (!(await get(id))) throw notFound('account');
      return accounts.remove(id, now);
    },
  };
}

function scopeSources({ sources }: Store, user: string): Partial<Store['sources']> {
  const get = async (id: number) => {
    const source = await sources.get(id);
    return source?.user === user ? source : undefined;
  };
  return {
    get,
    list: async () => (await sources.list()).filter((source) => source.user === user),
    add: (source, now) => {
      if (source.user !== user) throw notFound('user');
      return sources.add(source, now);
    },
    remove: async (id) => ((await get(id)) ? sources.remove(id) : false),
  };
}

function scopeRules({ rules }: Store, user: string): Partial<Store['rules']> {
  const get = async (id: number) => {
    const rule = await rules.get(id);
    return rule?.user === user ? rule : undefined;
  };
  return {
    get,
    list: async (filter) => (await rules.list(filter)).filter((rule) => rule.user === user),
    add: async (rule, now) => {
      if (rule.user !== user) throw notFound('user');
      return rules.add(rule, now);
    },
    replace: async (rule, now) => {
      if (!(await get(rule.id)) || rule.user !== user) throw notFound('rule');
      return rules.replace(rule, now);
    },
    remove: async (id, now) => ((await get(id)) ? rules.remove(id, now) : false),
  };
}

function scopeVideos({ videos, sources }: Store, user: string): Partial<Store['videos']> {
  const isOwn = async (sourceId: number) => (await sources.get(sourceId))?.user === user;
  const get = async (id: number) => {
    const video = await videos.get(id);
    return video && (await isOwn(video.sourceId)) ? video : undefined;
  };
  return {
    get,
    list: (filter) => videos.list({ ...filter, user }),
    known: async (sourceId, remoteIds) =>
      (await isOwn(sourceId)) ? videos.known(sourceId, remoteIds) : new Set(),
    media: async (id) => ((await get(id)) ? videos.media(id) : undefined),
    addJobs: async (id, jobs, now) => {
      if (!(await get(id))) throw notFound('video');
      return videos.addJobs(id, jobs, now);
    },
  };
}

async function ownJob(store: Store, user: string, id: number) {
  const job = await store.jobs.get(id);
  return job?.user === user ? job : undefined;
}

function scopeJobs(store: Store, user: string): Partial<Store['jobs']> {
  const { jobs } = store;
  const guarded =
    <A extends unknown[], R>(change: (id: number, ...rest: A) => Promise<R>) =>
    async (id: number, ...rest: A): Promise<R> => {
      if (!(await ownJob(store, user, id))) throw notFound('job');
      return change(id, ...rest);
    };
  const ownAccount = async (id: number) => (await store.accounts.get(id))?.user === user;
  return {
    get: (id) => ownJob(store, user, id),
    list: (filter: JobFilter) => jobs.list({ ...filter, user }),
    counts: async () => (await jobs.countsOf(user)).states,
    countsOf: () => jobs.countsOf(user),
    heldLanes: (reason) => jobs.heldLanes(reason, user),
    waitingByReason: async () => (await jobs.countsOf(user)).reasons,
    oldestWaiting: () => jobs.oldestWaiting(user),
    posts: (filter) => jobs.posts({ ...filter, user }),
    postCount: (since) => jobs.postCount(since, user),
    attempts: async (id) => ((await ownJob(store, user, id)) ? jobs.attempts(id) : []),
    cancel: guarded(jobs.cancel),
    retry: guarded(jobs.retry),
    resolve: guarded(jobs.resolve),
    approve: guarded(jobs.approve),
    edit: guarded(jobs.edit),
    holdRule: async (ruleId, paused, now) =>
      (await store.rules.get(ruleId))?.user === user ? jobs.holdRule(ruleId, paused, now) : 0,
    taken: async (accountId, since) => ((await ownAccount(accountId)) ? jobs.taken(accountId, since) : []),
    videosOf: async (accountId) => ((await ownAccount(accountId)) ? jobs.videosOf(accountId) : []),
    posted: async (accountId, ids) =>
      (await ownAccount(accountId)) ? jobs.posted(accountId, ids) : new Set(),
  };
}
