import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { codes } from '../../core/codes.ts';
import { waitReasons } from '../../core/failure.ts';
import { jobStates } from '../../core/job.ts';
import { platformIds } from '../../core/names.ts';
import { settingSpecs } from '../../core/settings.ts';
import type { JobFilter, Store } from '../../store/types.ts';
import type { App } from '../app.ts';
import { shorten } from '../io.ts';
import { topics } from '../topics/index.ts';
import type { Candidate } from './candidates.ts';

/** As many as a person looks through. */
const MOST = 50;

type Source = (app: App, command: Command) => readonly Candidate[] | Promise<readonly Candidate[]>;

const bare = (values: readonly string[]): Candidate[] => values.map((value) => [value, '']);

/** Reads the home as it is: pressing the tab key makes no home and asks nobody. */
const fromStore =
  (read: (store: Store, command: Command) => Promise<readonly Candidate[]>): Source =>
  async (app, command) =>
    existsSync(app.files.database) || app.config.text('store') !== '' ? read(await app.store(), command) : [];

const accounts = fromStore(async (store) =>
  (await store.accounts.list()).map(({ platform, handle, name }) => [`${platform}:${handle}`, name ?? '']),
);

const rules = fromStore(async (store) => (await store.rules.list()).map(({ name }) => [name, 'rule']));

const sources = fromStore(async (store) => (await store.sources.list()).map(({ name }) => [name, 'source']));

/** Ids of those jobs that the command can do something with. */
const jobs = fromStore(async (store, command) => {
  const filter: JobFilter = { ...jobsFor[command.name()], limit: MOST };
  return (await store.jobs.list(filter)).map((job) => [
    String(job.id),
    `${job.state} ${job.account.platform}:${job.account.handle} ${shorten(job.video.caption, 40)}`,
  ]);
});

const jobsFor: Readonly<Record<string, Pick<JobFilter, 'states' | 'reasons'>>> = {
  retry: { states: ['dead', 'waiting'] },
  resolve: { states: ['unknown'] },
  approve: { states: ['waiting'], reasons: ['approval'] },
  edit: { states: ['waiting'] },
  cancel: { states: ['waiting', 'dead'] },
  wait: { states: ['waiting', 'running'] },
};

const hosts = fromStore(async (store) =>
  (await store.hosts.list()).map(({ name, version }) => [name, version]),
);

const videos = fromStore(async (store) =>
  (await store.videos.list({ limit: MOST })).map(({ id, caption }) => [String(id), shorten(caption, 60)]),
);

/** What the value of a flag or an argument of this name can be; with the noun before it where that matters. */
const sourcesByName: Readonly<Record<string, Source>> = {
  platform: () => bare(platformIds),
  account: accounts,
  from: async (app, command) => [...(await sources(app, command)), ...(await accounts(app, command))],
  to: accounts,
  rule: rules,
  'jobs ids': jobs,
  'jobs id': jobs,
  video: videos,
  'hosts host': hosts,
  source: sources,
  state: () => bare(jobStates),
  states: () => bare(jobStates),
  reason: () => bare(waitReasons),
  class: () => bare([...new Set(Object.values(codes).map((code) => code.class))]),
  code: () => bare(Object.keys(codes)),
  key: () => Object.entries(settingSpecs).map(([key, { title }]) => [key, title]),
  timezone: () => bare(Intl.supportedValuesOf('timeZone')),
  topic: () => Object.entries(topics).map(([name, { summary }]) => [name, summary]),
};

/** undefined: nothing is known of it, so the shell may offer files. */
export async function valuesOf(
  app: App,
  command: Command,
  name: string,
): Promise<readonly Candidate[] | undefined> {
  const key = [`${command.parent?.name()} ${name}`, name].find((one) => Object.hasOwn(sourcesByName, one));
  return key === undefined ? undefined : sourcesByName[key]?.(app, command);
}
