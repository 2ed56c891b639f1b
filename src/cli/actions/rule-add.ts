import { existsSync } from 'node:fs';
import type { Account } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { RuleDestination } from '../../core/rule.ts';
import { checkTemplate } from '../../core/template.ts';
import { warningsOfRule } from '../../core/warnings.ts';
import { platformOf } from '../../platforms/index.ts';
import type { Store } from '../../store/types.ts';
import { ruleView } from '../../web/views.ts';
import { backfillAloud } from '../backfill-aloud.ts';
import type { Turn } from '../command.ts';
import { findAccount, findUser, wholeNumber } from '../find.ts';
import { type FilterOptions, specFrom, type TimingOptions } from '../rule-flags.ts';
import { refuseLoop } from '../rule-loops.ts';
import {
  checkDestination,
  checkName,
  consent,
  mediaSpecs,
  optionValue,
  parseCatchUp,
  sourceFor,
} from '../rule-parts.ts';
import { parseLength, parseMoment } from '../time.ts';
import { warnOnce } from '../warned.ts';

export interface AddOptions extends FilterOptions, TimingOptions {
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
  allowWatermark?: boolean;
  delay?: string;
  approve?: boolean;
  paused?: boolean;
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
      user: options.as === 'me' ? source.user : (await findUser(store, options.as)).name,
      sourceId: source.id,
      destinations,
      media,
      ...(options.caption === undefined ? {} : { caption: options.caption }),
      ...(options.title === undefined ? {} : { title: options.title }),
      delayMs: options.delay === undefined ? 0 : parseLength(options.delay, '--delay'),
      approve: options.approve ?? false,
      catchUp: parseCatchUp(options.catchUp),
      paused: options.paused ?? false,
      startsAt: now,
      spec: {
        fit: oneOf(options.fit, ['none', 'remux', 'transcode'], '--fit'),
        tooLong: oneOf(options.tooLong, ['skip', 'trim'], '--too-long'),
        ...(options.allowWatermark ? { watermark: 'allow' } : {}),
        ...(backfill ? { backfill } : {}),
        ...specFrom(options, app.config),
      },
    },
    now,
  );
  await backfillAloud(turn, rule, source);
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

function backfillFrom(options: AddOptions, now: number): { count?: number; since?: number } | undefined {
  if (options.backfill === undefined && options.since === undefined) return undefined;
  return {
    ...(options.backfill === undefined ? {} : { count: wholeNumber(options.backfill, '--backfill') }),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, now) }),
  };
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
    checkName(wanted);
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
