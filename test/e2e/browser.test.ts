import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type CliHome, openCliHome, startLogin } from './home.ts';

const pictures = fileURLToPath(new URL('../../artefacts/', import.meta.url));
/** Pages that a platform may show before it sends the browser back. */
const MOST_PAGES = 6;

describeWith({ chromium: 'chromium' }, 'signing in by a real browser', () => {
  let home: CliHome;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    home = await openCliHome();
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...['--disable-background-networking', '--disable-component-update'],
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  /** A person's browser: its person clicks the warning about the loopback's own certificate away. */
  async function open(address: string): Promise<Page> {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1100, height: 860 },
    });
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  async function addApp(platform: string) {
    const keys = ['app', 'add', platform, '--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'];
    await home.repost.run(keys, `sandbox-${platform}-secret\n`);
  }

  /** Presses the button on each page of the platform until the browser is back on this machine's own page. */
  async function decide(page: Page, platform: string, decision: 'approve' | 'deny'): Promise<void> {
    for (let n = 1; n <= MOST_PAGES && page.url().startsWith(home.server.url); n += 1) {
      await page.screenshot({ path: `${pictures}consent-${platform}-${decision}-${n}.png` });
      const account = page.locator('input[type=radio][data-handle="@creator"]');
      if (await account.count()) await account.check();
      await page.locator(`button[name=decision][value=${decision}]`).first().click();
    }
    await page.screenshot({ path: `${pictures}loopback-${platform}-${decision}.png` });
  }

  it.each(['tiktok', 'youtube', 'x', 'instagram'])(
    '%s: consent, and back to the terminal',
    async (platform) => {
      await addApp(platform);
      const { login, authorizeUrl } = await startLogin(home.repost, platform);
      expect(authorizeUrl.startsWith(home.server.url)).toBe(true);
      const page = await open(authorizeUrl);
      await decide(page, platform, 'approve');
      expect(page.url()).toMatch(/^https?:\/\/(127\.0\.0\.1|localhost):\d+\/callback/u);
      expect(await page.locator('h1').textContent()).toBe('Back to your terminal');
      // Nothing of the answer is repeated, kept or sent on by the page.
      expect(await page.content()).not.toMatch(/code=|state=/u);
      const account = JSON.parse(await login.nextLine());
      expect(account).toMatchObject({ account: `${platform}:@creator`, status: 'ok', platform });
      await login.succeeded();
      await page.context().close();
    },
  );

  it('a refusal comes back too, and says so on both sides', async () => {
    const { login, authorizeUrl } = await startLogin(home.repost, 'youtube', []);
    const page = await open(authorizeUrl);
    await decide(page, 'youtube', 'deny');
    expect(await page.locator('h1').textContent()).toBe('The sign-in was not completed');
    await expect(login.succeeded()).rejects.toThrow('E_DENIED');
    await page.context().close();
  });

  it('the feeds play what was posted', async () => {
    const to = ['--to', 'youtube:@creator', '--to', 'x:@creator', '--to', 'instagram:@creator'];
    const from = ['--from', 'tiktok:@creator', '--media', `folder:${home.originals}`];
    await home.repost.run(['rule', 'add', ...from, ...to]);
    await home.repost.run(['sync']);
    await home.publish('Sunrise over the harbour ☀️ <script>alert(1)</script> #morning');
    await home.repost.run(['sync']);
    const page = await open(home.server.feeds);
    await page.waitForLoadState('load');
    await page.screenshot({ path: `${pictures}feeds.png`, fullPage: true });
    const shown = page.locator('video');
    expect(await shown.count()).toBeGreaterThanOrEqual(3);
    await expect
      .poll(() => shown.last().evaluate((video) => (video as unknown as { readyState: number }).readyState))
      .toBeGreaterThan(0);
    await page.context().close();
  });
});
