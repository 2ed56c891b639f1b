import { closeSync, existsSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { mask, rememberSecret } from '../../net/redact.ts';
import { readGrant, readSecret } from '../../vault/grants.ts';
import {
  accountView,
  attemptView,
  iso,
  jobView,
  limitView,
  ruleView,
  schemaVersion,
  sourceView,
} from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Check } from '../app-check.ts';
import { limitStates } from '../limits.ts';
import { homeMetrics } from '../metrics.ts';
import { version } from '../version.ts';

/** Jobs that are worth a look, and how much of the log. */
const MOST_JOBS = 50;
const MOST_LOG_BYTES = 256 * 1024;

/**
 * Writes what a bug report needs into one JSON file: the checks, the settings, what is set up, the latest jobs
 * with their last exchanges, the metrics and the end of the log. Every text passes the mask, which knows each
 * secret of this home by its letters. Parts that can't be read are named and left out.
 */
export async function writeBundle(app: App, checks: readonly Check[], path: string): Promise<string> {
  const file = resolve(path);
  if (existsSync(file)) {
    throw new Failure('E_OUTPUT', {
      message: `${file} is there already.`,
      hint: 'Name another file.',
    });
  }
  const missing: string[] = [];
  const part = async <T>(name: string, read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  await part('secrets to mask', () => rememberAll(app));
  const bundle = {
    schemaVersion,
    about: 'A report about repost. Secrets are masked; names, captions and addresses of posts are not.',
    madeAt: iso(app.clock.now()),
    version,
    node: process.versions,
    machine: `${process.platform}-${process.arch}`,
    environment: Object.keys(app.io.env).filter((name) => name.startsWith('REPOST_')),
    checks,
    settings: await part('settings', async () => app.config.values()),
    home: await part('home', () => readHome(app)),
    jobs: await part('jobs', () => readJobs(app)),
    metrics: await part('metrics', () => homeMetrics(app)),
    log: await part('log', async () => readLog(app)),
    missing,
  };
  try {
    writeFileSync(file, `${mask(JSON.stringify(bundle, null, 2))}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new Failure('E_OUTPUT', {
      message: `${file} can’t be written: ${(error as Error).message}.`,
      cause: error,
    });
  }
  return file;
}

/** From now on no text that passes the mask shows a sign-in or an app's secret of this home. */
async function rememberAll(app: App): Promise<void> {
  const store = await app.store();
  const vault = await app.vault();
  for (const account of await store.accounts.list()) {
    const grant = await readGrant(vault, account);
    for (const secret of [grant?.accessToken, grant?.refreshToken, ...Object.values(grant?.extra ?? {})])
      rememberSecret(secret);
  }
  for (const { platform, host } of await store.apps.list())
    rememberSecret(await readSecret(vault, platform, host));
}

async function readHome(app: App) {
  const store = await app.store();
  const [accounts, sources, rules] = [
    await store.accounts.list(),
    await store.sources.list(),
    await store.rules.list(),
  ];
  return {
    daemonRuns: await app.daemonRuns(),
    mappedOrigins: app.origins.active,
    accounts: accounts.map(accountView),
    sources: sources.map(sourceView),
    rules: rules.map((rule) => ruleView(rule, sources, accounts)),
    limits: (await limitStates(store, accounts, app.clock.now())).map(limitView),
  };
}

/** What is not in order first, then the newest. */
async function readJobs(app: App) {
  const { jobs } = await app.store();
  const troubled = await jobs.list({ states: ['dead', 'unknown', 'waiting', 'running'], limit: MOST_JOBS });
  const newest = await jobs.list({ limit: MOST_JOBS });
  const all = [...new Map([...troubled, ...newest].map((job) => [job.id, job])).values()].slice(0, MOST_JOBS);
  return Promise.all(
    all.map(async (job) => ({
      ...jobView(job),
      attempts: (await jobs.attempts(job.id)).slice(-3).map((attempt) => attemptView(attempt, true)),
    })),
  );
}

/** The end of the log, where it is a file: a journal's lines are its reader's to add. */
function readLog(app: App): string {
  const path = app.config.text('log.file');
  if (path === '') return '';
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, MOST_LOG_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}
