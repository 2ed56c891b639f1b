import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { cellWidth } from '../../src/cli/table.ts';
import { type CliHome, entry, openCliHome } from '../e2e/home.ts';
import { atShell, openBrowser, openPerson } from '../e2e/init-person.ts';
import { installBare, packArchive, placeAddOn } from '../e2e/packed.ts';
import { runRepost } from '../e2e/run.ts';
import { openScreen, type Screen } from '../e2e/tmux.ts';
import { describeWith } from '../tools.ts';

/** Where all transcripts go (`npm run transcripts FOLDER`), of the packed package; else two ways of this tree are enough. */
const folder = process.env['REPOST_TRANSCRIPTS'];

interface Way {
  name: string;
  columns: number;
  env: NodeJS.ProcessEnv;
}
const ways: readonly Way[] = [
  { name: '80 columns', columns: 80, env: {} },
  { name: '200 columns', columns: 200, env: {} },
  { name: '80 columns, NO_COLOR', columns: 80, env: { NO_COLOR: '1' } },
  { name: '80 columns, TERM=dumb', columns: 80, env: { TERM: 'dumb' } },
];

/** What somebody types who was told of the program a minute ago: before it is set up … */
const before = [
  'repost --version',
  'repost',
  'repost stauts',
  'repost status',
  'repost rule add --from nowhere',
  'repost login youtube',
  'repost plan',
  'repost posts',
  'repost accounts',
  'repost jobs show 99',
  'repost errors explain E_SCOPES',
  'repost help states',
  'repost rule add --help',
];
/** … and after it. */
const after = [
  'repost status',
  'repost posts',
  'repost accounts',
  'repost rule list',
  'repost rule show everywhere',
  'repost videos',
  'repost jobs list',
  'repost jobs show 1',
  'repost limits',
  'repost plan',
  'repost config list',
  'repost audit',
  'repost analytics',
  'repost doctor',
  'repost paths',
  'repost logout x:@nobody',
];

/** A short round leaves out what says little on a terminal, and the platform that takes its time. */
const brief = /--version|stauts|from nowhere|states|status$|posts$|accounts$|jobs|limits$|audit$/u;
const inBrief = (lines: readonly string[]) => (folder ? lines : lines.filter((line) => brief.test(line)));
const destinations = folder ? 'youtube, instagram, x, bluesky' : 'youtube, x';
const posts = 3 * destinations.split(',').length;

let program: string;
let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'repost-newcomer-'));
  program = entry;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const archive = packArchive(scratch);
  installBare(join(scratch, 'prefix'), archive);
  placeAddOn(join(scratch, 'prefix'));
  program = join(scratch, 'prefix', 'bin', 'repost');
}, 240_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const PROMPT = 'shell> ';

async function openNewcomer(): Promise<{ home: CliHome; env: NodeJS.ProcessEnv }> {
  const home = await openCliHome();
  const opened: { command: string; server: Server } = await openBrowser(home);
  onTestFinished(async () => {
    opened.server.close();
    await home.close();
  });
  for (const caption of [
    'Morning ride #bike',
    'Noon',
    'Night ride along the old harbour with @friend #night',
  ])
    await home.publish(caption);
  const bin = join(home.dir, 'bin');
  mkdirSync(bin);
  symlinkSync(program, join(bin, 'repost'));
  const { REPOST_NO_INPUT: _, ...env } = home.env;
  return {
    home,
    env: { ...env, PATH: `${bin}:${process.env['PATH']}`, BROWSER: opened.command, PS1: PROMPT },
  };
}

/** Types a line at the shell and gives all that is to be seen once the shell is there again. */
async function typed(screen: Screen, line: string): Promise<string> {
  screen.type('TERM=screen clear');
  await screen.until((text) => (text.trim() === PROMPT.trim() ? true : undefined));
  screen.type(line);
  return screen.until((text) => (atShell(text) && text.split('\n').length > 1 ? screen.rows() : undefined));
}

/** Lines that are broken in the midst of a word; what is there to be copied may be. */
const broken = (text: string, columns: number) =>
  text
    .split('\n')
    .filter((line) => cellWidth(line) > columns && !/\$ repost |https?:|^✔ |\/tmp\//u.test(line));

/** What was sent to the terminal, but for what clears it. */
const sent = (raw: string) =>
  readFileSync(raw, 'utf8').replaceAll('\u001b[H\u001b[J\u001b[3J', '').replaceAll('\u001b[H\u001b[J', '');

describeWith({ tmux: 'tmux' }, 'a newcomer', () => {
  it.each(folder ? ways : ways.slice(3))('in a terminal of $name', async ({ name, columns, env: more }) => {
    const { home, env } = await openNewcomer();
    const screen = openScreen({ columns, rows: 400, env: { ...env, TERM: 'screen', ...more } });
    onTestFinished(() => screen.close());
    // tmux sets TERM itself.
    screen.type(`${more['TERM'] ? `export TERM=${more['TERM']}; ` : ''}PS1='${PROMPT}'; cd ${home.dir}`);
    await screen.until((text) => (text.endsWith(`\n${PROMPT.trim()}`) ? true : undefined));
    const raw = join(home.dir, 'raw');
    screen.record(raw);
    const seen: string[] = [];
    const look = () => {
      expect(broken(screen.text(), columns)).toEqual([]);
      seen.push(screen.rows());
    };
    const type = async (line: string) => {
      await typed(screen, line);
      look();
    };
    for (const line of inBrief(before)) await type(line);
    const person = openPerson(home, screen, destinations);
    screen.type('TERM=screen clear; repost init');
    for (;;) {
      const question = await person.question();
      if (question === 'end') break;
      await person.answer(question);
    }
    look();
    for (const line of inBrief(after)) await type(line);
    if (folder) writeFileSync(join(folder, `${name.replace(/\W+/gu, '-')}.txt`), seen.join('\n\n'));
    const colours = sent(raw).match(/\u001b\[[\d;]*m/gu) ?? [];
    expect(colours.length > 0).toBe(Object.keys(more).length === 0);
    if (more['TERM'] === 'dumb') expect(sent(raw)).not.toContain('\u001b');
    expect(seen.join('\n')).toContain(`${posts} published, 0 waiting.`);
    expect(seen.join('\n')).toContain(`Everything is out: ${posts} published, nothing waits.`);
  });

  it('without a terminal', async () => {
    const { home, env } = await openNewcomer();
    const seen: string[] = [];
    const run = async (line: string) => {
      const script = ['-c', `cd ${home.dir}; ${line}`];
      const ended = await runRepost(env, script, { command: ['setsid', '-w', 'sh'] });
      seen.push(`${PROMPT}${line}\n${ended.stdout}${ended.stderr}[exit ${ended.code}]`);
      return ended;
    };
    for (const line of inBrief(before)) await run(line);
    expect(await run('repost init --to youtube,x')).toMatchObject({ code: 2 });
    const piped = await run("printf 'yes\\nyes\\n' | repost init");
    expect(piped).toMatchObject({ code: 2 });
    expect(piped.stderr).toContain('--to youtube,x');
    const add = 'repost app add youtube --client-id sandbox-youtube-id --client-secret-stdin';
    expect(await run(`printf %s sandbox-youtube-secret | ${add}`)).toMatchObject({ code: 0 });
    expect((await run('repost login telegram --account @creator')).stderr).toContain('--token-stdin');
    await home.signIn('tiktok');
    await home.signIn('youtube');
    const ends = '--from tiktok:@creator --to youtube:@creator --name everywhere';
    await run(`repost rule add ${ends} --media folder:originals --backfill 2`);
    expect(await run('repost sync')).toMatchObject({ code: 0, stdout: '2 published, 0 waiting.\n' });
    for (const line of inBrief(after)) await run(line);
    expect((await run('repost posts | head -1')).stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse((await run('repost posts --json')).stdout)).toHaveLength(2);
    if (folder) writeFileSync(join(folder, 'no-terminal.txt'), seen.join('\n\n'));
    expect(seen.join('\n')).not.toContain('\u001b');
  });
});
