import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

interface JobJson {
  id: number;
  state: string;
  reason: string | null;
  video: { caption: string };
  text?: { title?: string; body: string };
}

async function openApprovalHome(...captions: string[]): Promise<CliHome> {
  const home = await openCliHome();
  for (const platform of ['tiktok', 'youtube']) await home.signIn(platform);
  await home.repost.run([
    'rule',
    'add',
    '--name',
    'held',
    '--from',
    'tiktok:@creator',
    '--to',
    'youtube:@creator',
    '--approve',
    '--media',
    `folder:${home.originals}`,
  ]);
  await home.repost.run(['sync']);
  for (const caption of captions) await home.publish(caption);
  await home.repost.run(['sync']);
  return home;
}

const jobsOf = async (home: CliHome, ...filter: string[]) =>
  (JSON.parse(await home.repost.run(['jobs', 'list', ...filter, '--json'])) as JobJson[]).reverse();
const postsOf = (home: CliHome) => home.sandbox.posts().filter(({ platform }) => platform === 'youtube');

describe('approval by commands', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openApprovalHome('First #one', 'Second #two', 'Third #three');
  });
  afterAll(() => home.close());

  it('holds every job until somebody lets it go, with a text of their own where they give one', async () => {
    const [first, second, third] = await jobsOf(home, '--reason', 'approval');
    expect([first, second, third].map((job) => job?.state)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(postsOf(home)).toEqual([]);

    const edited = JSON.parse(
      await home.repost.run([
        'jobs',
        'edit',
        String(first?.id),
        '--text',
        'My words',
        '--title',
        'My title',
        '--json',
      ]),
    ) as JobJson;
    expect(edited.text).toMatchObject({ title: 'My title', body: 'My words' });
    const shown = JSON.parse(await home.repost.run(['jobs', 'show', String(first?.id), '--json'])) as JobJson;
    expect(shown.text).toMatchObject({ title: 'My title', body: 'My words' });
    await home.repost.run(['jobs', 'edit', String(second?.id), '--text', 'No', '--json']);
    const reset = JSON.parse(
      await home.repost.run(['jobs', 'edit', String(second?.id), '--reset', '--json']),
    ) as JobJson;
    expect(reset.text?.body).toBe(second?.video.caption);

    await home.repost.run(['jobs', 'cancel', String(third?.id)]);
    await home.repost.run(['jobs', 'approve', '--all']);
    await home.repost.run(['sync']);
    expect((await jobsOf(home)).map(({ state }) => state)).toEqual(['published', 'published', 'cancelled']);
    const posted = JSON.stringify(postsOf(home));
    expect(postsOf(home)).toHaveLength(2);
    expect(posted).toContain('My words');
    expect(posted).not.toContain('Third');
  });

  it.each([
    [['jobs', 'approve'], /Which jobs/, 2],
    [['jobs', 'approve', '1', '2', '--text', 'x'], /go with one job/, 2],
    [['jobs', 'edit', '1'], /What should it say/, 2],
    [['jobs', 'edit', '1', '--text', 'late'], /is published, not waiting or dead/, 1],
    [['jobs', 'approve', '1'], /does not wait for approval/, 1],
    [['jobs', 'list', '--reason', 'boredom'], /wait for no “boredom”/, 2],
  ])('refuses %j', async (args, message, code) => {
    const ended = await runRepost(home.env, args);
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });
});

describeWith({ script: 'bsdutils' }, 'approval on a terminal', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openApprovalHome('Alpha', 'Beta', 'Gamma');
  });
  afterAll(() => home.close());

  it('shows each with its text, and does what it is told', async () => {
    const editor = join(home.dir, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nprintf "Edited by hand\\n" > "$1"\n');
    chmodSync(editor, 0o755);
    const [down, enter] = ['\u001b[B', '\r'];
    const screen = await onTerminal(home, editor, [
      [/job 1, 1 of 3[\s\S]*become of it/, `${down}${enter}`],
      [/The title/, enter],
      [/Edited by hand[\s\S]*become of it/, enter],
      [/job 2, 2 of 3[\s\S]*become of it/, `${down}${down}${enter}`],
      [/job 3, 3 of 3[\s\S]*become of it/, `${down}${down}${down}${down}${enter}`],
    ]);
    expect(screen).toMatch(/\[\d+ of 5000 bytes\]/);
    const jobs = await jobsOf(home);
    expect(jobs.map(({ state, reason }) => [state, reason])).toEqual([
      ['waiting', 'ready'],
      ['cancelled', null],
      ['waiting', 'approval'],
    ]);
    const text = JSON.parse(await home.repost.run(['jobs', 'show', '1', '--json'])) as JobJson;
    expect(text.text?.body).toBe('Edited by hand');
  });
});

/** Types on a real terminal: each answer once its question has appeared after the last answer. */
function onTerminal(
  home: CliHome,
  editor: string,
  steps: readonly (readonly [RegExp, string])[],
): Promise<string> {
  const { REPOST_NO_INPUT: _, ...env } = home.env;
  const child = spawn('script', ['-qefc', `${process.execPath} ${entry} jobs approve`, '/dev/null'], {
    env: { ...env, EDITOR: editor, VISUAL: editor, TERM: 'xterm', COLUMNS: '120' },
  });
  let screen = '';
  let from = 0;
  let step = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const next = steps[step];
    if (!next?.[0].test(screen.slice(from))) return;
    from = screen.length;
    step += 1;
    child.stdin.write(next[1]);
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill(), 60_000);
    child.once('close', () => {
      clearTimeout(timer);
      if (step === steps.length) resolve(screen);
      else reject(new Error(`stopped at question ${step + 1}: ${screen.slice(from)}`));
    });
  });
}
