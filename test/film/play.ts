import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { approve } from '../../src/sandbox/person.ts';
import type { CliHome } from '../e2e/home.ts';
import { openScreen, type Screen } from '../e2e/tmux.ts';
import { daemonOf } from '../e2e/web-daemon.ts';
import { htmlOf, type Scene } from './picture.ts';

const PROMPT = '$ ';
const keys = 'Keys and sign-ins';
const rule = 'The first rule';
const post = 'The first post';
const look = 'The page';

/** Plays the first steps with the real program against the simulated platforms; gives what was to be seen. */
export async function playAll(home: CliHome, browser: Browser, isLong: boolean): Promise<Scene[]> {
  const { REPOST_NO_INPUT: _, ...env } = home.env;
  const screen = openScreen({
    columns: 104,
    rows: 22,
    env: { ...env, PATH: `${home.dir}/bin:${env['PATH']}`, TERM: 'screen', PS1: PROMPT },
  });
  const stage: Stage = { home, browser, screen, scenes: [], pace: isLong ? 1 : 0.1 };
  try {
    screen.type(`PS1='${PROMPT}'; cd ${home.dir}; clear`);
    await atPrompt(screen);
    await addKeys(stage);
    if (isLong) {
      await ruleAndPost(stage);
      await dashboard(stage);
    }
    return stage.scenes;
  } finally {
    screen.close();
  }
}

interface Stage {
  home: CliHome;
  browser: Browser;
  screen: Screen;
  scenes: Scene[];
  /** 1: as long as a person reads. */
  pace: number;
}

const atPrompt = (screen: Screen) =>
  screen.until((text) => (text.split('\n').at(-1)?.trim() === PROMPT.trim() ? true : undefined));

/** The prompt alone: what was there before is gone. */
async function clear(screen: Screen): Promise<void> {
  screen.type('clear');
  await screen.until((text) => (text.trim() === PROMPT.trim() ? true : undefined));
}

function take({ screen, scenes, pace }: Stage, scene: Omit<Scene, 'terminal'>): void {
  scenes.push({ ...scene, seconds: scene.seconds * pace, terminal: htmlOf(screen.colours()) });
}

/** One command: as it is typed, and what it says. */
async function show(
  stage: Stage,
  chapter: string,
  command: string,
  why: string,
  said: string,
  still?: string,
): Promise<void> {
  const { screen, scenes, pace } = stage;
  await clear(screen);
  const typed = htmlOf(`\u001b[32m$\u001b[0m ${command}`);
  scenes.push({ chapter, caption: why, seconds: 9 * pace, terminal: typed });
  screen.type(command);
  await screen.until((text) => (text.includes(command.slice(0, 40)) ? true : undefined));
  await atPrompt(screen);
  if (/^error:/mu.test(screen.text())) throw new Error(`The film would show an error:\n${screen.text()}`);
  take(stage, { chapter, caption: said, seconds: 14, ...(still ? { still } : {}) });
}

async function addKeys(stage: Stage): Promise<void> {
  const names = { tiktok: 'TikTok', youtube: 'YouTube' };
  for (const [id, name] of Object.entries(names)) {
    writeFileSync(join(stage.home.dir, `${id}.txt`), `sandbox-${id}-secret\n`);
    await show(
      stage,
      keys,
      `repost app add ${id} --client-id sandbox-${id}-id --client-secret-stdin < ${id}.txt`,
      `${name} wants an app of your own. The guide says what to open and to tick; its secret goes to the vault.`,
      'The keys are kept. repost says which address to register, and what comes next.',
    );
    await signIn(stage, id, name);
  }
}

async function signIn(stage: Stage, id: string, name: string): Promise<void> {
  const { screen, scenes, browser, pace } = stage;
  await clear(screen);
  screen.type(`repost login ${id} --no-browser`);
  const found = /https?:\/\/127\.0\.0\.1:\d+\/\S+[?&]\S*redirect_uri=\S+/u;
  // As it is drawn, the end of it may still be missing: twice the same is the whole.
  let before = '';
  const address = await screen.until((text) => {
    const now = found.exec(text)?.[0] ?? '';
    const same = now !== '' && now === before;
    before = now;
    return same ? now : undefined;
  });
  take(stage, {
    chapter: keys,
    caption: `Signing in to ${name}: the browser opens; --no-browser prints the address instead.`,
    seconds: 9,
  });
  const page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
  await page.goto(address);
  scenes.push({
    chapter: keys,
    ...(id === 'youtube' ? { still: 'sign-in' } : {}),
    caption: `Allow what is asked, all of it: without these rights nothing can be published.`,
    seconds: 12 * pace,
    page: await page.screenshot(),
  });
  await page.close();
  await approve(address, { account: '@creator' }).catch((error: unknown) => {
    throw new Error(`${address}\n${screen.text()}`, { cause: error });
  });
  await atPrompt(screen);
  take(stage, {
    chapter: keys,
    caption: 'Back in the terminal: signed in. The token is in the vault, and renews itself.',
    seconds: 10,
  });
}

async function ruleAndPost(stage: Stage): Promise<void> {
  const { home } = stage;
  const add = 'repost rule add --from tiktok:@creator --to youtube:@creator --media folder:originals';
  await show(
    stage,
    rule,
    add,
    'A rule says: videos from here, to there. The originals come from a folder.',
    'From now on every new video is taken, once.',
  );
  await show(
    stage,
    rule,
    'repost rule list',
    'All rules in one table:',
    'It can be paused, changed and removed at any time.',
    'rules',
  );
  await home.repost.run(['sync']);
  await home.publish('Morning ride #bike');
  await show(
    stage,
    post,
    'repost sync',
    'A video has appeared on TikTok. One round looks, publishes what is due, and stops.',
    'It is out. Before it was sent, that was written down: a crash here posts nothing twice.',
  );
  await show(
    stage,
    post,
    'repost posts',
    'What is out, and where?',
    'The address on YouTube, and how long after TikTok it was there.',
  );
  await show(
    stage,
    post,
    'repost rule test to-youtube --last 1',
    'What would a rule have done with your last videos?',
    'Where, when and with which text. repost plan says it of what comes next.',
  );
  await show(
    stage,
    post,
    'repost limits',
    'Every platform has limits:',
    'They are counted before anything is sent. A full one holds jobs, and loses none.',
  );
  await show(
    stage,
    post,
    'repost status',
    'The one command for every day:',
    'Is everything out, and is there something that you must do?',
    'status',
  );
  await show(
    stage,
    post,
    'repost service --help',
    'To let it run by itself:',
    'repost service install writes the service, starts it, and starts it at every boot.',
  );
}

/** A video's picture is made when it is first asked for: until then there is a plain tile. */
async function coversShown(page: Page): Promise<void> {
  const all = () =>
    page
      .locator('.cover img')
      .evaluateAll((images) =>
        images.every((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0),
      );
  for (let looksLeft = 40; !(await all()); looksLeft -= 1) {
    if (looksLeft === 0) throw new Error('The picture of the video was never shown.');
    await page.reload();
    await page.locator('#pulse.on').waitFor();
  }
}

async function dashboard({ home, browser, scenes, pace }: Stage): Promise<void> {
  const daemon = await daemonOf(home);
  const page = await browser.newPage({ viewport: { width: 1200, height: 620 } });
  try {
    const { url } = JSON.parse(await home.repost.run(['dashboard', '--no-browser', '--json'])) as {
      url: string;
    };
    await page.goto(url);
    // The code signs the browser in, and the page goes on by itself.
    await page.locator('#pulse.on').waitFor();
    const shoot = async (path: string, caption: string, still?: string) => {
      await page.goto(new URL(path, daemon.origin).href);
      await page.locator('#pulse.on').waitFor();
      if (still !== undefined) await coversShown(page);
      const picture = await page.screenshot();
      scenes.push({ chapter: look, caption, seconds: 14 * pace, page: picture, ...(still ? { still } : {}) });
    };
    await shoot('/', 'repost dashboard opens the same in your browser: is everything out?', 'overview');
    await shoot('/posts', 'The posts, with their addresses.');
    await shoot('/rules', 'The rules, with their plan.');
    await shoot('/limits', 'And the limits as they fill. That is all: the rest is in USER_GUIDE.md.');
  } finally {
    await page.close();
    await daemon.stop();
  }
}
