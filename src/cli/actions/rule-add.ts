import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Account } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { CatchUp, MediaSpec, RuleDestination } from '../../core/rule.ts';
import { checkTemplate } from '../../core/template.ts';
import { warningsOfRule } from '../../core/warnings.ts';
import { runBackfills } from '../../engine/backfill.ts';
import { platformOf } from '../../platforms/index.ts';
import type { Store } from '../../store/types.ts';
import { ruleView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount, findSource, wholeNumber } from '../find.ts';
import { canAsk } from '../io.ts';
import { type FilterOptions, specFrom, type TimingOptions } from '../rule-flags.ts';
import { refuseLoop, requirePosting } from '../rule-loops.ts';
import { parseLength, parseMoment } from '../time.ts';
import { warnOnce } from '../warned.ts';

interface AddOptions extends FilterOptions, TimingOptions {
  name?: string;
  from?: string;
  to?: string[];
  caption?: string;
  title?: string;
  option?: string[];
  media?: string[];
  acceptYtDlp?: boolean;
  fit: string;
  tooLong: string;
  delay?: string;
  approve?: boolean;
  backfill?: string;
  since?: string;
  catchUp: string;
  as: string;
}

export async function addRule(turn: Turn, options: AddOptions): Promise<undefined> {
  const { app, print, note } = turn;
  const store = await app.store();
  const now = app.clock.now();
  if (options.from === undefined) throw missing('the source', '--from ACCOUNT');
  if (options.to === undefined) throw missing('the destination', '--to ACCOUNT');
  const source = await sourceFor(turn, store, options.from);
  const accounts = await Promise.all(options.to.map((text) => findAccount(store, text)));
  for (const account of accounts) checkDestination(account, source.accountId);
  const destinations = accounts.map((account) => destinationFor(account, options.option ?? []));
  await refuseLoop(store, { name: options.name ?? 'this rule', sourceId: source.id, destinations });
  for (const template of [options.caption, options.title])
    if (template !== undefined) checkTemplate(template);
  const media = mediaSpecs(turn, options.media ?? []);
  for (const spec of media)
    if (spec.kind !== 'yt-dlp' && !existsSync(spec.path)) app.warn(`${spec.path} is not there yet`);
  if (media.some((spec) => spec.kind === 'yt-dlp')) await consent(turn, store, options.acceptYtDlp ?? false);
  const backfill = backfillFrom(options, now);
  const rule = await store.rules.add(
    {
      name: await freeName(store, options.name, accounts),
      user: options.as === 'me' ? source.user : options.as,
      sourceId: source.id,
      destinations,
      media,
      ...(options.caption === undefined ? {} : { caption: options.caption }),
      ...(options.title === undefined ? {} : { title: options.title }),
      delayMs: options.delay === undefined ? 0 : parseLength(options.delay, '--delay'),
      approve: options.approve ?? false,
      catchUp: parseCatchUp(options.catchUp),
      paused: false,
      startsAt: now,
      spec: {
        fit: oneOf(options.fit, ['none', 'remux', 'transcode'], '--fit'),
        tooLong: oneOf(options.tooLong, ['skip', 'trim'], '--too-long'),
        ...(backfill ? { backfill } : {}),
        ...specFrom(options, app.config),
      },
    },
    now,
  );
  if (backfill && source.baselineAt !== null) {
    const { openEngine } = await import('../engine.ts');
    await runBackfills((await openEngine(app)).deps, source.id);
  }
  app.nudge();
  print(
    ruleView(rule, await store.sources.list(), await store.accounts.list()),
    () => `Rule “${rule.name}”: ${source.name} → ${accounts.map((account) => account.account).join(', ')}`,
  );
  if (!backfill)
    note('Only videos that appear from now on are taken (--backfill N takes the newest that are there).');
  if (media.length === 0)
    note(`Files are looked for in ${originals(turn)}: put the originals there, named with the video’s id.`);
  const platforms = accounts.map(({ platform }) => platform);
  await warnOnce(store, warningsOfRule(rule, platforms), note);
  note('Next: repost plan --poll, then repost sync or repost daemon');
}

/** A signed-in TikTok account becomes a source the first time a rule names it. */
async function sourceFor(turn: Turn, store: Store, text: string) {
  if (!/^tiktok:/iu.test(text)) return findSource(store, text);
  const account = await findAccount(store, text);
  const known = (await store.sources.list()).find((source) => source.accountId === account.id);
  return (
    known ??
    store.sources.add(
      { kind: 'tiktok', accountId: account.id, locator: null, name: account.account, user: account.user },
      turn.app.clock.now(),
    )
  );
}

function checkDestination(account: Account, sourceAccountId: number | null): void {
  if (account.id === sourceAccountId)
    throw new Failure('E_RULE', {
      message: `${account.account} can’t be source and destination of the same rule.`,
    });
  requirePosting(account);
}

function destinationFor(account: Account, texts: readonly string[]): RuleDestination {
  const known = platformOf(account.platform).options;
  const options: Record<string, unknown> = {};
  for (const text of texts) {
    const match = /^([a-z]+)\.(\w+)=(.*)$/su.exec(text);
    if (!match)
      throw new Failure('E_USAGE', {
        message: `“${text}” is no option.`,
        hint: 'Give PLATFORM.NAME=VALUE, for example youtube.privacy=unlisted.',
      });
    const [, platform = '', name = '', value = ''] = match;
    if (platform === account.platform) options[name] = optionValue(account.platform, known, name, value);
  }
  return { accountId: account.id, options };
}

function optionValue(
  platform: string,
  known: ReturnType<typeof platformOf>['options'],
  name: string,
  value: string,
): unknown {
  const spec = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!spec) {
    throw new Failure('E_RULE', {
      message: `${platform} has no option “${name}”.`,
      hint: `Options: ${Object.keys(known).join(', ') || 'none'}.`,
    });
  }
  const bad = (what: string) =>
    new Failure('E_RULE', { message: `${platform}.${name} can’t be “${value}”.`, hint: `It is ${what}.` });
  if (spec.values && !spec.values.includes(value)) throw bad(`one of: ${spec.values.join(', ')}`);
  if (spec.type === 'boolean') {
    if (!/^(true|false|yes|no|on|off)$/iu.test(value)) throw bad('true or false');
    return /^(true|yes|on)$/iu.test(value);
  }
  if (spec.type === 'number') {
    if (value.trim() === '' || Number.isNaN(Number(value))) throw bad('a number');
    return Number(value);
  }
  return value;
}

function mediaSpecs(turn: Turn, texts: readonly string[]): MediaSpec[] {
  return texts.map((text) => {
    if (text === 'yt-dlp') return { kind: 'yt-dlp' };
    const match = /^(folder|export):(.+)$/su.exec(text);
    if (!match)
      throw new Failure('E_USAGE', {
        message: `“${text}” is no media source.`,
        hint: 'Give folder:DIR, export:ZIP or yt-dlp.',
      });
    const path = resolve((match[2] ?? '').replace(/^~(?=\/|$)/u, turn.app.io.env['HOME'] || homedir()));
    return { kind: match[1] as 'folder' | 'export', path };
  });
}

/** yt-dlp is off until its person says once that they may fetch these videos; when and that is kept. */
async function consent(turn: Turn, store: Store, given: boolean): Promise<void> {
  if ((await store.meta.get('consent.yt-dlp')) !== undefined) return;
  let agreed = given;
  if (!agreed && canAsk(turn.app.io, turn.noInput)) {
    const { askConfirm } = await import('../prompts.ts');
    agreed = await askConfirm(
      'TikTok’s terms forbid automated fetching unless TikTok permits it. Are these your own videos, and do you have the right to fetch them with yt-dlp?',
    );
  }
  if (!agreed) throw new Failure('E_CONSENT');
  await store.meta.set('consent.yt-dlp', new Date(turn.app.clock.now()).toISOString());
}

function backfillFrom(options: AddOptions, now: number): { count?: number; since?: number } | undefined {
  if (options.backfill === undefined && options.since === undefined) return undefined;
  return {
    ...(options.backfill === undefined ? {} : { count: wholeNumber(options.backfill, '--backfill') }),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, now) }),
  };
}

function parseCatchUp(text: string): CatchUp {
  if (text === 'all' || text === 'none') return { kind: text };
  const match = /^newest:(\d+)$/u.exec(text);
  if (match) return { kind: 'newest', count: Number(match[1]) };
  throw new Failure('E_USAGE', {
    message: `--catch-up can’t be “${text}”.`,
    hint: 'It is all, newest:N or none.',
  });
}

function oneOf(text: string, values: readonly string[], flag: string): string {
  if (values.includes(text)) return text;
  throw new Failure('E_USAGE', {
    message: `${flag} can’t be “${text}”.`,
    hint: `It is one of: ${values.join(', ')}.`,
  });
}

async function freeName(
  store: Store,
  wanted: string | undefined,
  accounts: readonly Account[],
): Promise<string> {
  const taken = new Set((await store.rules.list()).map((rule) => rule.name));
  if (wanted !== undefined) {
    if (!/^[\w.-]{1,64}$/u.test(wanted) || /^\d+$/u.test(wanted))
      throw new Failure('E_USAGE', {
        message: `“${wanted}” is no name.`,
        hint: 'A name is made of letters, digits, dots and dashes.',
      });
    if (taken.has(wanted)) throw new Failure('E_EXISTS', { message: `There is a rule “${wanted}” already.` });
    return wanted;
  }
  const base = accounts.length === 1 ? `to-${accounts[0]?.platform}` : 'everywhere';
  let name = base;
  for (let n = 2; taken.has(name); n += 1) name = `${base}-${n}`;
  return name;
}

function missing(what: string, flag: string): Failure {
  return new Failure('E_MISSING_ANSWER', {
    message: `${what.charAt(0).toUpperCase()}${what.slice(1)} is missing.`,
    hint: `Give ${flag}.`,
  });
}

function originals({ app }: Turn): string {
  return app.config.text('media.folder') || app.files.originals;
}
