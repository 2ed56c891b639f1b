import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Failure } from '../core/failure.ts';
import type { Store } from '../store/types.ts';
import type { Deed } from '../web/deps.ts';
import { scopeStore } from '../web/scope.ts';
import type { App } from './app.ts';
import type { Action, Turn } from './command.ts';
import { makeFolder } from './paths.ts';

/** What the local API and other programs may ask for, by name: the same functions that the commands run. */
const deeds: Readonly<Record<string, () => Promise<Action>>> = {
  status: async () => (await import('./actions/status.ts')).status,
  posts: async () => (await import('./actions/posts.ts')).posts,
  'videos list': async () => (await import('./actions/posts.ts')).videos,
  'accounts list': async () => (await import('./actions/accounts-list.ts')).listAccounts,
  'accounts show': async () => (await import('./actions/accounts.ts')).showAccount,
  'accounts check': async () => (await import('./actions/accounts.ts')).checkAccounts,
  'accounts pause': async () => (await import('./actions/accounts.ts')).pauseAccount,
  'accounts resume': async () => (await import('./actions/accounts.ts')).resumeAccount,
  logout: async () => (await import('./actions/logout.ts')).logout,
  'source add': async () => (await import('./actions/source.ts')).addSource,
  'source remove': async () => (await import('./actions/source.ts')).removeSource,
  'rule list': async () => (await import('./actions/rule-list.ts')).listRules,
  'rule show': async () => (await import('./actions/rule.ts')).showRule,
  'rule pause': async () => (await import('./actions/rule.ts')).pause,
  'rule resume': async () => (await import('./actions/rule.ts')).resume,
  'rule remove': async () => (await import('./actions/rule.ts')).removeRule,
  'rule test': async () => (await import('./actions/plan.ts')).rehearseRule,
  'rule export': async () => (await import('./actions/rule-file.ts')).exportRules,
  'rule apply': async () => (await import('./actions/rule-file.ts')).applyRules,
  'rule schema': async () => (await import('./actions/rule-file.ts')).printSchema,
  plan: async () => (await import('./actions/plan.ts')).showPlan,
  'videos check': async () => (await import('./actions/videos-check.ts')).checkVideo,
  limits: async () => (await import('./actions/limits-list.ts')).listLimits,
  'limits set': async () => (await import('./actions/limits.ts')).setLimit,
  'jobs list': async () => (await import('./actions/jobs-list.ts')).listJobs,
  'jobs show': async () => (await import('./actions/jobs-show.ts')).showJob,
  'jobs retry': async () => (await import('./actions/jobs-change.ts')).retryJobs,
  'jobs cancel': async () => (await import('./actions/jobs-change.ts')).cancelJobs,
  'jobs approve': async () => (await import('./actions/jobs-approve.ts')).approveJobs,
  'jobs edit': async () => (await import('./actions/jobs-approve.ts')).editJob,
  'jobs approve-link': async () => (await import('./actions/jobs-link.ts')).approvalLink,
  'jobs resolve': async () => (await import('./actions/jobs-resolve.ts')).resolveJob,
  'alerts rules': async () => (await import('./actions/alerts.ts')).listRules,
  'alerts test': async () => (await import('./actions/alerts.ts')).testAlerts,
  'alerts remove': async () => (await import('./actions/alerts.ts')).removeAlerts,
  alerts: async () => (await import('./actions/alerts.ts')).listAlerts,
  'alerts problems': async () => (await import('./actions/alerts.ts')).listProblems,
  users: async () => (await import('./actions/users.ts')).listUsers,
  'users add': async () => (await import('./actions/users.ts')).addUser,
  'users set': async () => (await import('./actions/users.ts')).setUser,
  'users remove': async () => (await import('./actions/users.ts')).removeUser,
  'token revoke': async () => (await import('./actions/tokens.ts')).revokeToken,
  'daemon status': async () => (await import('./actions/control.ts')).status,
  'daemon pause': async () => (await import('./actions/control.ts')).pause,
  'daemon resume': async () => (await import('./actions/control.ts')).resume,
  'daemon poll': async () => (await import('./actions/control.ts')).poll,
  'daemon drain': async () => (await import('./actions/control.ts')).drain,
  'daemon reload': async () => (await import('./actions/control.ts')).reload,
  import: async () => (await import('./actions/import.ts')).importExport,
  backup: async () => (await import('./actions/backup.ts')).backup,
  'ledger import': async () => (await import('./actions/ledger.ts')).importLedger,
  errors: async () => (await import('./actions/errors.ts')).listErrors,
  'errors explain': async () => (await import('./actions/errors.ts')).explainError,
  doctor: async () => (await import('./actions/doctor.ts')).doctor,
  'host check': async () => (await import('./actions/host.ts')).checkHost,
  'host remove': async () => (await import('./actions/host.ts')).removeHost,
  host: async () => (await import('./actions/host.ts')).showHost,
  'hosts list': async () => (await import('./actions/hosts.ts')).listHosts,
  'hosts drain': async () => (await import('./actions/hosts.ts')).drainHost,
  'hosts resume': async () => (await import('./actions/hosts.ts')).resumeHost,
  quarantine: async () => (await import('./actions/quarantine.ts')).showQuarantine,
  'quarantine release': async () => (await import('./actions/quarantine.ts')).release,
  'config list': async () => (await import('./actions/config.ts')).listConfig,
  'config set': async () => (await import('./actions/config.ts')).setConfig,
  'config unset': async () => (await import('./actions/config.ts')).unsetConfig,
  warnings: async () => (await import('./actions/warnings.ts')).listWarnings,
  'warnings silence': async () => (await import('./actions/warnings.ts')).silenceWarnings,
  'warnings restore': async () => (await import('./actions/warnings.ts')).restoreWarnings,
  'app list': async () => (await import('./actions/app.ts')).listApps,
  'app check': async () => (await import('./actions/app.ts')).checkApp,
  'app remove': async () => (await import('./actions/app.ts')).removeApp,
};

/**
 * Does what a command does, for somebody who is not at the terminal, and gives what its --json prints. Nothing can be
 * asked. With a user, it sees and changes only what is that user’s.
 */
export async function perform(app: App, deed: Deed, user: string | null): Promise<unknown> {
  if (deed.name === 'status') return sharedStatus(app, user);
  try {
    return await performNow(app, deed, user);
  } finally {
    // Who changed something sees it at once.
    if (!ONLY_SHOWS.test(deed.name)) statuses.delete(app);
  }
}

const ONLY_SHOWS =
  /^(?:posts|plan|limits|alerts|users|errors|doctor|host|quarantine|warnings|daemon status)$| (?:list|show|export|schema|rules|problems|explain)$/u;

/** With more sources than this, finding out how all stands takes long … */
const MANY_SOURCES = 200;
/** … and is told again for this long: hundreds of programs and pages ask for the same answer every second. */
const SHARED_MS = 1000;

interface SharedStatus {
  answer: Promise<unknown>;
  /** On this process's own clock (ms); infinite while it is being found out. */
  until: number;
}

const statuses = new WeakMap<App, Map<string | null, SharedStatus>>();

function sharedStatus(app: App, user: string | null): Promise<unknown> {
  const known = statuses.get(app) ?? new Map<string | null, SharedStatus>();
  statuses.set(app, known);
  const last = known.get(user);
  if (last && performance.now() < last.until) return last.answer;
  const answer = performNow(app, { name: 'status' }, user);
  // Who asks the first time does not know yet whether it will take long.
  const fresh: SharedStatus = { answer, until: last ? Number.POSITIVE_INFINITY : 0 };
  answer.then(
    (view) => {
      const isLong = (view as { sources: readonly unknown[] }).sources.length > MANY_SOURCES;
      fresh.until = performance.now() + SHARED_MS;
      if (isLong) known.set(user, fresh);
      else known.delete(user);
    },
    () => known.delete(user),
  );
  if (last) known.set(user, fresh);
  return answer;
}

async function performNow(app: App, deed: Deed, user: string | null): Promise<unknown> {
  const load = deeds[deed.name];
  if (!load) throw new Failure('E_NOT_FOUND', { message: `There is no “${deed.name}”.` });
  const action = await load();
  let printed: unknown = null;
  const turn: Turn = {
    app: appFor(app, deed.input ?? '', user),
    json: true,
    noInput: true,
    command: deed.name,
    paint: (_style, text) => text,
    print: (value) => {
      printed = value;
    },
    note: () => undefined,
    sayNotes: () => undefined,
  };
  await action(turn, (deed.options ?? {}) as never, ...(argsOf(app, deed) as never[]));
  // What the daemon does right now is told with the names of everybody’s accounts.
  if (user !== null && deed.name === 'status') return { ...(printed as object), doing: null };
  return printed;
}

/** Where a folder of the home is named, the first argument becomes a path in it. */
function argsOf(app: App, { folder, args = [] }: Deed): Deed['args'] {
  if (folder === undefined) return args;
  const place = join(app.paths.data, folder);
  makeFolder(place);
  const [name, ...rest] = args;
  return [join(place, String(name)), ...rest];
}

/** The same app with other streams and, for a user, that user’s store. What was opened stays open. */
function appFor(app: App, input: string, user: string | null): App {
  const scoped = (store: Store) => (user === null ? store : scopeStore(store, user));
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const own: Partial<App> = {
    io: { stdin: Readable.from([input]), stdout: nowhere(), stderr: nowhere(), env: app.io.env },
    noInput: true,
    warn: () => undefined,
    store: async () => scoped(await app.store()),
    reader: async () => scoped(await app.reader()),
  };
  return Object.assign(Object.create(app) as App, own);
}
