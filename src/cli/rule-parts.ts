import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Account } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import type { CatchUp, MediaSpec } from '../core/rule.ts';
import type { platformOf } from '../platforms/index.ts';
import type { Store } from '../store/types.ts';
import { ask, mayAsk } from './ask.ts';
import type { Turn } from './command.ts';
import { findAccount, findSource } from './find.ts';
import { requirePosting } from './rule-loops.ts';

/** A signed-in TikTok account becomes a source the first time a rule names it. */
export async function sourceFor(turn: Turn, store: Store, text: string) {
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

/** Refuses an account that can't be posted to by this source. */
export function checkDestination(account: Account, sourceAccountId: number | null): void {
  if (account.id === sourceAccountId)
    throw new Failure('E_RULE', {
      message: `${account.account} can’t be source and destination of the same rule.`,
    });
  requirePosting(account);
}

/** A platform option's text as its value. Throws E_RULE. */
export function optionValue(
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

/** `folder:DIR`, `export:ZIP`, `yt-dlp`; a path begins at `folder`, or at `~`. */
export function mediaSpecs(turn: Turn, texts: readonly string[], folder = process.cwd()): MediaSpec[] {
  return texts.map((text) => {
    if (text === 'yt-dlp') return { kind: 'yt-dlp' };
    const match = /^(folder|export):(.+)$/su.exec(text);
    if (!match)
      throw new Failure('E_USAGE', {
        message: `“${text}” is no media source.`,
        hint: 'Give folder:DIR, export:ZIP or yt-dlp.',
      });
    const path = resolve(
      folder,
      (match[2] ?? '').replace(/^~(?=\/|$)/u, turn.app.io.env['HOME'] || homedir()),
    );
    return { kind: match[1] as 'folder' | 'export', path };
  });
}

/** yt-dlp is off until its person says once that they may fetch these videos; when and that is kept. */
export async function consent(turn: Turn, store: Store, given: boolean): Promise<void> {
  if ((await store.meta.get('consent.yt-dlp')) !== undefined) return;
  let agreed = given;
  if (!agreed && mayAsk(turn)) {
    const { askConfirm } = await ask(turn, 'fetchConsent');
    agreed = await askConfirm(
      'The terms of TikTok and YouTube forbid automated fetching unless they permit it. Are these your own videos, and do you have the right to fetch them with yt-dlp?',
    );
  }
  if (!agreed) throw new Failure('E_CONSENT');
  await store.meta.set('consent.yt-dlp', new Date(turn.app.clock.now()).toISOString());
}

export function parseCatchUp(text: string): CatchUp {
  if (text === 'all' || text === 'none') return { kind: text };
  const match = /^newest:(\d+)$/u.exec(text);
  if (match) return { kind: 'newest', count: Number(match[1]) };
  throw new Failure('E_USAGE', {
    message: `--catch-up can’t be “${text}”.`,
    hint: 'It is all, newest:N or none.',
  });
}

export function checkName(name: string): void {
  if (/^[\w.-]{1,64}$/u.test(name) && !/^\d+$/u.test(name)) return;
  throw new Failure('E_USAGE', {
    message: `“${name}” is no name.`,
    hint: 'A name is made of letters, digits, dots and dashes.',
  });
}
