import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, isSeq, parseDocument, stringify } from 'yaml';
import { asFailure, Failure } from '../../core/failure.ts';
import type { Rule } from '../../core/rule.ts';
import { warningsOfRule } from '../../core/warnings.ts';
import { pauseRule, planResume, resumeRule } from '../../engine/resume.ts';
import type { NewRule, Store } from '../../store/types.ts';
import { ask, mayAsk, missingAnswer } from '../ask.ts';
import { backfillAloud } from '../backfill-aloud.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { findRule } from '../find.ts';
import { readStdin } from '../io.ts';
import { diffLines } from '../line-diff.ts';
import { resumeText } from '../resume-text.ts';
import { entryOf, ruleFrom } from '../rule-entries.ts';
import { refuseLoop } from '../rule-loops.ts';
import { consent } from '../rule-parts.ts';
import { ruleSchema } from '../rule-schema.ts';
import { type RuleEntry, readRules } from '../rule-text.ts';
import { warnOnce } from '../warned.ts';

/** Prints the JSON Schema of rule files. */
export async function printSchema({ print }: Turn): Promise<undefined> {
  print(ruleSchema(), () => JSON.stringify(ruleSchema(), null, 2));
}

/** Rules as a file: to standard output, or into a file whose comments stay. */
export async function exportRules(
  turn: Turn,
  options: { into?: string },
  names: string[],
): Promise<undefined> {
  const { app, print, note } = turn;
  const store = await app.store();
  const rules =
    names.length === 0
      ? await store.rules.list()
      : await Promise.all(names.map((name) => findRule(store, name)));
  const entries = await entriesOf(store, rules);
  if (options.into === undefined) {
    print({ version: 1, rules: entries }, () => yamlOf({ version: 1, rules: entries }));
    return;
  }
  const document = parseDocument(readOr(options.into, 'version: 1\nrules: []\n'));
  for (const entry of entries) mergeInto(document, entry);
  writeFileSync(options.into, document.toString({ lineWidth: 0 }));
  print({ version: 1, rules: entries }, () => '');
  note(`Wrote ${counted(entries.length, 'rule')} into ${options.into}; its comments are as they were.`);
}

interface ApplyOptions {
  dryRun?: boolean;
  prune?: boolean;
  acceptYtDlp?: boolean;
}

/** Makes the rules be what a file says, and shows what that changes. */
export async function applyRules(turn: Turn, options: ApplyOptions, file: string): Promise<undefined> {
  const text = file === '-' ? await readStdin(turn.app.io) : readOr(file);
  await applyText(turn, text, file === '-' ? 'stdin' : file, options);
}

/** Opens one rule in the editor, or takes its new text from a file, then applies it. */
export async function editRule(
  turn: Turn,
  options: ApplyOptions & { file?: string },
  name: string,
): Promise<undefined> {
  const { app, note } = turn;
  const store = await app.store();
  const rule = await findRule(store, name);
  if (options.file !== undefined) return applyRules(turn, options, options.file);
  const editor = app.io.env['VISUAL'] || app.io.env['EDITOR'];
  // An editor that its person chose may be a program as well: it needs no terminal.
  if (turn.noInput || (!editor && !mayAsk(turn))) throw missingAnswer(turn, 'ruleText');
  const dir = mkdtempSync(join(tmpdir(), 'repost-rule-'));
  const file = join(dir, `${rule.name}.yaml`);
  try {
    writeFileSync(file, yamlOf({ version: 1, rules: await entriesOf(store, [rule]) }), { mode: 0o600 });
    const before = readFileSync(file, 'utf8');
    for (;;) {
      await openEditor(editor || 'vi', file);
      const after = readFileSync(file, 'utf8');
      if (after === before) return note('Nothing was changed.') as undefined;
      try {
        return await applyText(turn, after, file, options);
      } catch (error) {
        const failure = asFailure(error);
        if (failure.code !== 'E_RULE' || !mayAsk(turn)) throw error;
        note(failure.message);
        const { askConfirm } = await ask(turn, 'ruleText');
        if (!(await askConfirm('Edit it again?', true))) throw error;
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Change {
  rule: string;
  change: 'create' | 'update' | 'remove' | 'none';
  diff: string[];
  before?: Rule;
  after?: NewRule;
}

async function applyText(turn: Turn, text: string, file: string, options: ApplyOptions): Promise<undefined> {
  const { app, print, note, paint } = turn;
  const store = await app.store();
  const changes = await changesOf(turn, store, text, file, options.prune ?? false);
  if (!options.dryRun) await carryOut(turn, store, changes, options);
  const words = { create: 'new', update: 'changed', remove: 'removed', none: 'as it was' };
  print(
    changes.map(({ rule, change, diff }) => ({ rule, change, diff })),
    () =>
      changes
        .flatMap(({ rule, change, diff }) => [
          `${rule}: ${words[change]}`,
          ...(change === 'none' ? [] : diff.map((line) => paintLine(line, paint))),
        ])
        .join('\n'),
  );
  if (options.dryRun) note('Nothing was changed: --dry-run.');
}

function paintLine(line: string, paint: Turn['paint']): string {
  const color = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : undefined;
  return `  ${color ? paint(color, line) : line}`;
}

async function changesOf(
  turn: Turn,
  store: Store,
  text: string,
  file: string,
  prune: boolean,
): Promise<Change[]> {
  const read = readRules(text, file);
  const rules = await store.rules.list();
  const changes: Change[] = [];
  for (const [index, { name }] of read.entries.entries()) {
    const before = rules.find((rule) => rule.name === name);
    const after = await ruleFrom(turn, store, read, index, before, file);
    await read.atLast(['rules', index], () =>
      refuseLoop(store, { ...after, ...(before ? { id: before.id } : {}) }),
    );
    const [old] = before ? await entriesOf(store, [before]) : [];
    const [fresh] = await entriesOf(store, [{ ...after, id: 0, createdAt: 0, updatedAt: 0 }]);
    const diff = diffLines(linesOf(old), linesOf(fresh));
    const same = diff.every((line) => line.startsWith('  '));
    changes.push({
      rule: name,
      change: before ? (same ? 'none' : 'update') : 'create',
      diff,
      after,
      ...(before ? { before } : {}),
    });
  }
  for (const before of prune ? rules : []) {
    if (read.entries.some(({ name }) => name === before.name)) continue;
    const [old] = await entriesOf(store, [before]);
    changes.push({ rule: before.name, change: 'remove', diff: diffLines(linesOf(old), []), before });
  }
  return changes;
}

async function carryOut(
  turn: Turn,
  store: Store,
  changes: readonly Change[],
  options: ApplyOptions,
): Promise<void> {
  const { app, note } = turn;
  const media = changes.flatMap(({ change, after }) => (change === 'none' ? [] : (after?.media ?? [])));
  if (media.some(({ kind }) => kind === 'yt-dlp')) await consent(turn, store, options.acceptYtDlp ?? false);
  for (const { change, before, after } of changes) {
    const now = app.clock.now();
    if (change === 'remove' && before) await store.rules.remove(before.id, now);
    if ((change !== 'create' && change !== 'update') || !after) continue;
    const rule = before
      ? await store.rules.replace({ ...before, ...bare(before), ...after }, now)
      : await store.rules.add(after, now);
    if (before) await settleJobs(turn, store, before, rule);
    const accounts = await store.accounts.list();
    const platforms = accounts
      .filter(({ id }) => rule.destinations.some(({ accountId }) => accountId === id))
      .map(({ platform }) => platform);
    const source = await store.sources.get(rule.sourceId);
    if (source) await backfillAloud(turn, rule, source);
    await warnOnce(store, warningsOfRule(rule, platforms), note);
  }
  app.nudge();
}

/** Parts that a file no longer names are gone. */
function bare({ caption: _caption, title: _title, ...rule }: Rule): Omit<Rule, 'caption' | 'title'> {
  return rule;
}

/** A rule's pause holds its jobs; jobs to a destination that it lost are cancelled. */
async function settleJobs({ app, note }: Turn, store: Store, before: Rule, after: Rule): Promise<void> {
  const now = app.clock.now();
  if (after.paused && !before.paused) await pauseRule(store, after, now);
  if (before.paused && !after.paused) {
    const plan = await planResume(store, { ...after, spec: before.spec, updatedAt: before.updatedAt });
    note(resumeText(after, plan));
    await resumeRule(store, after, plan, now);
  }
  const kept = new Set(after.destinations.map(({ accountId }) => accountId));
  for (const { accountId } of before.destinations) {
    if (kept.has(accountId)) continue;
    const jobs = await store.jobs.list({ ruleId: after.id, accountId, states: ['waiting'], limit: 1000 });
    for (const job of jobs) await store.jobs.cancel(job.id, null, now);
    if (jobs.length > 0)
      note(`${jobs.length} waiting job(s) of “${after.name}” are cancelled: it no longer posts there.`);
  }
}

async function entriesOf(store: Store, rules: readonly Rule[]): Promise<RuleEntry[]> {
  const [sources, accounts] = [await store.sources.list(), await store.accounts.list()];
  return rules.map((rule) => entryOf(rule, sources, accounts));
}

const yamlOf = (value: unknown) => stringify(value, { lineWidth: 0 });
const linesOf = (entry: RuleEntry | undefined) => (entry ? yamlOf(entry).trimEnd().split('\n') : []);

/** Puts a rule into a document: part by part where it is there, so that comments stay where they are. */
function mergeInto(document: Document, entry: RuleEntry): void {
  const rules = document.get('rules', true);
  const items = isSeq(rules) ? (rules.toJSON() as { name?: unknown }[]) : [];
  const index = items.findIndex(({ name }) => name === entry.name);
  if (index < 0) {
    if (!isSeq(rules)) document.set('rules', document.createNode([entry]));
    else {
      rules.flow = false;
      document.addIn(['rules'], document.createNode(entry));
    }
    return;
  }
  const known = items[index] as Record<string, unknown>;
  for (const key of Object.keys(known))
    if (!Object.hasOwn(entry, key)) document.deleteIn(['rules', index, key]);
  for (const [key, value] of Object.entries(entry))
    if (JSON.stringify(known[key]) !== JSON.stringify(value))
      document.setIn(['rules', index, key], typeof value === 'object' ? document.createNode(value) : value);
}

function readOr(file: string, missing?: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (absent && missing !== undefined) return missing;
    throw new Failure('E_USAGE', {
      message: `${file} can’t be read${absent ? ': it is not there' : ''}.`,
      cause: error,
    });
  }
}

async function openEditor(editor: string, file: string): Promise<void> {
  const { spawn } = await import('node:child_process');
  // As git does: the editor may be a command with arguments.
  const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  if (code !== 0)
    throw new Failure('E_TOOL_FAILED', {
      kind: 'reject',
      message: `The editor “${editor}” ended with ${code}.`,
    });
}
