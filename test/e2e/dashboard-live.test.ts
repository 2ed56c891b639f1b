import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { keepPicture, launch, signIn, watch } from './dashboard-stage.ts';
import { type CliHome, openCliHome } from './home.ts';
import { daemonOf, type WebDaemon } from './web-daemon.ts';

interface JobJson {
  id: number;
  state: string;
}

describeWith({ chromium: 'chromium' }, 'the page of the real daemon', () => {
  let home: CliHome;
  let daemon: WebDaemon;
  let browser: Browser;

  beforeAll(async () => {
    home = await openCliHome({ env: { REPOST_HTTP: '127.0.0.1:0' } });
    await home.repost.run(['config', 'set', 'poll.interval', '1s']);
    for (const platform of ['tiktok', 'x']) await home.signIn(platform);
    const rule = ['--from', 'tiktok:@creator', '--to', 'x:@creator', '--media', `folder:${home.originals}`];
    await home.repost.run(['rule', 'add', ...rule]);
    await home.repost.run(['sync']);
    // The first upload is refused for good.
    home.sandbox.faults.add({
      platform: 'x',
      path: '/2/media/upload/initialize',
      times: 1,
      action: { kind: 'status', status: 400, body: { title: 'Invalid Request', detail: 'No.' } },
    });
    daemon = await daemonOf(home);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
    await home?.close();
  }, 30_000);

  it('sends a dead letter again, once, and shows it without a reload', async () => {
    const { url } = JSON.parse(await home.repost.run(['dashboard', '--no-browser', '--json'])) as {
      url: string;
    };
    const context = await signIn(browser, url);
    const list = await context.newPage();
    const faults = watch(list, daemon.origin);
    await list.goto(`${daemon.origin}/dead`);
    await list.locator('#pulse.on').waitFor();
    await list.evaluate('window.stayed = true');
    await home.publish('Sunrise over the harbour ☀️ <script>alert(1)</script>');
    const retry = list.getByRole('button', { name: /^Retry Sunrise/u });
    await retry.waitFor();
    const [job] = await home.repost.waitFor<JobJson[]>(
      ['jobs', 'list', '--json'],
      (all) => all.length === 1,
      10_000,
    );
    expect(job?.state).toBe('dead');

    const other = await context.newPage();
    await other.goto(`${daemon.origin}/jobs/${job?.id}`);
    await other.locator('#pulse.on').waitFor();
    await other.evaluate('window.stayed = true');
    await list.bringToFront();
    await retry.click();
    await list.locator('#said', { hasText: 'It goes out again' }).waitFor();
    await list.getByText('Nothing failed for good').waitFor();
    await other.bringToFront();
    await other.locator('.lead .chip', { hasText: 'Published' }).waitFor();
    expect(await list.evaluate('window.stayed')).toBe(true);
    expect(await other.evaluate('window.stayed')).toBe(true);
    expect(home.sandbox.posts().filter(({ platform }) => platform === 'x')).toHaveLength(1);
    await keepPicture(other, 'retried-desktop-light');
    expect(faults).toEqual([]);

    // A code serves once.
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(url);
    await stranger.getByText('was used already').waitFor();
    await context.close();
  });

  it('shows what the account shows of a post whose outcome is unknown, and takes the answer', async () => {
    home.sandbox.faults.add({
      platform: 'x',
      path: '/2/media/upload/initialize',
      times: 1,
      action: { kind: 'status', status: 400, body: { title: 'Invalid Request', detail: 'No.' } },
    });
    await home.publish('Dusk over the harbour');
    const [job] = await home.repost.waitFor<JobJson[]>(
      ['jobs', 'list', '--state', 'dead', '--json'],
      (all) => all.length === 1,
      20_000,
    );
    // As it stands where an answer was lost and no look-up could tell.
    const database = new Database(join(home.dir, 'home', 'data', 'repost.db'));
    database.prepare("UPDATE jobs SET state = 'unknown' WHERE id = ?").run(job?.id);
    database.close();

    const { url } = JSON.parse(await home.repost.run(['dashboard', '--no-browser', '--json'])) as {
      url: string;
    };
    const context = await signIn(browser, url);
    const page = await context.newPage();
    const faults = watch(page, daemon.origin);
    const shown = page.locator(`#job-${job?.id} .evidence`);
    // X lists what is new a while later: whoever looks again sees it.
    await expect
      .poll(
        async () => {
          await page.goto(`${daemon.origin}/unknown`);
          await shown.locator('.strong').waitFor();
          return shown.textContent();
        },
        { timeout: 60_000 },
      )
      .toContain('Sunrise over the harbour');
    // The program that is built says “·”, as its source does.
    expect(await shown.textContent()).toMatch(/ago · \d/u);
    await keepPicture(page, 'evidence-desktop-light');
    await page.getByRole('button', { name: 'Not published, send it again' }).click();
    await home.repost.run(['jobs', 'wait', String(job?.id), '--timeout', '30s']);
    expect(home.sandbox.posts().filter(({ platform }) => platform === 'x')).toHaveLength(2);
    expect(faults).toEqual([]);
    await context.close();
  }, 120_000);
});
