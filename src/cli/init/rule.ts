import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Account } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { Rule } from '../../core/rule.ts';
import { registry } from '../../platforms/index.ts';
import type { Store } from '../../store/types.ts';
import { rehearseRule } from '../actions/plan.ts';
import { resume } from '../actions/rule.ts';
import { addRule } from '../actions/rule-add.ts';
import { backfillAloud } from '../backfill-aloud.ts';
import type { Turn } from '../command.ts';
import { harmless, lineWidth, shorten } from '../io.ts';
import { fold } from '../wrap.ts';
import type { Step } from './step.ts';
import type { Talk } from './talk.ts';

const SHOWN = 5;

/** The first rule, tried on the last videos before it is kept. */
export function ruleStep(turn: Turn, talk: Talk): Step {
  const { app } = turn;
  return {
    title: 'Your first rule',
    command: 'repost rule add --from tiktok:@you --to ACCOUNT --media folder:DIR',
    found: async () => {
      const store = await app.store();
      const pending = await store.meta.get(PENDING_KEY);
      const rules = (await store.rules.list()).filter(({ name }) => name !== pending);
      return rules.map(({ name }) => name).join(', ') || undefined;
    },
    explain: () => talk.say('It takes your new TikTok videos to the accounts you signed in to.'),
    run: async () => {
      const store = await app.store();
      const rule = (await pendingRule(store)) ?? (await makeRule(turn, talk));
      talk.say('\nWhat it would have done with your last videos:\n');
      await rehearseRule(loud(turn), { last: '3' }, rule.name);
      const kept = await talk.confirm('keepRule', 'Keep this rule?', true);
      if (!kept) {
        await store.rules.remove(rule.id, app.clock.now());
        await store.meta.remove(PENDING_KEY);
        throw notYet('The rule is gone again.', 'repost rule add --help');
      }
      await resume(quiet(turn), {}, rule.name);
      const source = await store.sources.get(rule.sourceId);
      if (source) await backfillAloud({ ...turn, note: talk.say }, { ...rule, paused: false }, source);
      // Not before: whoever stops in between is asked again, and is left with no rule that is paused or took nothing.
      await store.meta.remove(PENDING_KEY);
      return `The rule “${rule.name}” is on.`;
    },
  };
}

/** The rule that was made and not yet agreed to: whoever stopped there is asked again. */
const PENDING_KEY = 'init.rule';

async function pendingRule(store: Store): Promise<Rule | undefined> {
  const name = await store.meta.get(PENDING_KEY);
  return (await store.rules.list()).find((rule) => rule.name === name);
}

/** Asks what a rule needs and adds it, paused. */
async function makeRule(turn: Turn, talk: Talk): Promise<Rule> {
  const { app } = turn;
  const store = await app.store();
  const source = (await store.sources.list()).find(({ kind }) => kind === 'tiktok');
  const destinations = (await store.accounts.list()).filter(isDestination);
  if (!source) throw notYet('There is no TikTok account yet.', 'repost login tiktok');
  if (destinations.length === 0) throw notYet('There is no account to post to yet.', 'repost login PLATFORM');
  await lastVideos(turn, talk, source.id);
  const media = await askMedia(turn, talk, app.config.text('media.folder') || app.files.originals);
  const backfill = await askCount(talk);
  const name = 'everywhere';
  await store.meta.set(PENDING_KEY, name);
  await addRule(quiet(turn), {
    name,
    from: source.name,
    to: destinations.map(({ account }) => account),
    media: [media],
    fit: 'remux',
    tooLong: 'skip',
    catchUp: 'all',
    as: 'me',
    paused: true,
    ...(backfill > 0 ? { backfill: String(backfill) } : {}),
  });
  const rule = await pendingRule(store);
  if (!rule) throw new Failure('E_INTERNAL', { message: 'The rule was not kept.' });
  return rule;
}

const isDestination = ({ platform, settings }: Account) =>
  registry.platform(platform) !== undefined && (platform !== 'tiktok' || settings['signIn'] === 'posting');

const notYet = (message: string, command: string) => new Failure('E_WRONG_STATE', { message, command });

async function lastVideos(turn: Turn, talk: Talk, sourceId: number): Promise<void> {
  const { openEngine } = await import('../engine.ts');
  const { engine } = await openEngine(turn.app);
  if (!(await turn.app.daemonRuns())) await engine.poll('all');
  const videos = await (await turn.app.store()).videos.list({ sourceId, limit: SHOWN });
  talk.say(videos.length === 0 ? 'No videos were found yet.' : 'Your last videos:');
  for (const { publishedAt, caption } of videos)
    talk.say(`  ${new Date(publishedAt).toISOString().slice(0, 10)}  ${harmless(shorten(caption, 60))}`);
}

/** TikTok gives no files: a folder of originals, an export, or yt-dlp where its person may. */
async function askMedia(turn: Turn, talk: Talk, preset: string): Promise<string> {
  talk.say('\nTikTok tells which videos there are, but gives programs no files. Where are your originals?');
  talk.say(
    'Type a folder, the ZIP of TikTok’s “Download your data”, or yt-dlp (only where TikTok permits you that).',
  );
  for (;;) {
    const text = await talk.ask('ruleOriginals', 'Originals', preset);
    if (text === 'yt-dlp') return 'yt-dlp';
    const path = resolve(text.replace(/^~(?=\/|$)/u, turn.app.io.env['HOME'] ?? '~'));
    if (existsSync(path)) return `${statSync(path).isDirectory() ? 'folder' : 'export'}:${path}`;
    if (text === preset) return `folder:${path}`;
    talk.say(`${path} is not there.`);
  }
}

async function askCount(talk: Talk): Promise<number> {
  for (;;) {
    const text = await talk.ask(
      'ruleBackfill',
      'How many of the videos that are there should be posted too?',
      '0',
    );
    if (/^\d{1,3}$/u.test(text)) return Number(text);
    talk.say('Please type a number; 0 posts only what is new.');
  }
}

/** What the called command would print as its result is shown in other words here. */
const quiet = (turn: Turn): Turn => ({ ...turn, print: () => undefined, note: () => undefined });
const loud = (turn: Turn): Turn => ({
  ...turn,
  print: (_value, human) =>
    void turn.app.io.stderr.write(`${fold(human(), lineWidth(turn.app.io.stderr))}\n`),
});
