import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { hostile } from '../web/page-world.ts';
import {
  codeAddress,
  expectNothing,
  keepPicture,
  launch,
  openStage,
  overflow,
  type Scheme,
  type Size,
  type Stage,
  seriousFaults,
  signIn,
  sizes,
  watch,
} from './dashboard-stage.ts';

/** Each light and each size once. */
const isJudged = (size: Size, scheme: Scheme) => (size === 'desktop') === (scheme === 'light');

describeWith({ chromium: 'chromium' }, 'the page', () => {
  let stage: Stage;
  let browser: Browser;

  beforeAll(async () => {
    stage = await openStage();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  const addresses = ({ world }: Stage): Readonly<Record<string, string>> => ({
    overview: '/',
    posts: '/posts',
    video: `/videos/${world.video}`,
    calendar: '/calendar',
    jobs: '/jobs',
    waiting: '/jobs?state=waiting',
    job: `/jobs/${world.jobs.published}`,
    failed: `/jobs/${world.jobs.dead}`,
    approvals: '/approvals',
    dead: '/dead',
    unknown: '/unknown',
    rules: '/rules',
    rule: `/rules/${world.rule}`,
    accounts: '/accounts',
    limits: '/limits',
    alerts: '/alerts',
    nothing: '/jobs/999999',
  });

  const looks: readonly (readonly [Size, Scheme])[] = [
    ['desktop', 'light'],
    ['desktop', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
  ];
  it.each(looks)(
    'shows every page on a %s, %s, without a fault',
    async (size, scheme) => {
      const context = await signIn(browser, await codeAddress(stage), size, scheme);
      const page = await context.newPage();
      const faults = watch(page, stage.origin);
      for (const [name, address] of Object.entries(addresses(stage))) {
        const answer = await page.goto(`${stage.origin}${address}`);
        const missing = name === 'nothing';
        expect(answer?.status(), name).toBe(missing ? 404 : 200);
        if (missing) faults.splice(0);
        await page.locator('#pulse.on').waitFor();
        await keepPicture(page, `${name}-${size}-${scheme}`);
        // Its rules but those of colour depend neither on size nor on light: two looks see both.
        if (isJudged(size, scheme)) expectNothing(await seriousFaults(page), name);
        expectNothing(faults, name);
        expect(await overflow(page), name).toBeLessThanOrEqual(0);
        expect(await page.evaluate('window.broken'), name).toBeUndefined();
        expect(await page.locator('a[href^="javascript:" i]').count(), name).toBe(0);
      }
      await context.close();
    },
    60_000,
  );

  it('shows hostile words as words, and the keyboard leads everywhere', async () => {
    const context = await signIn(browser, await codeAddress(stage));
    const page = await context.newPage();
    await page.goto(`${stage.origin}/posts`);
    const turned = page.locator('.card', { hasText: 'Holiday' }).first();
    expect(await turned.textContent()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/u);
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.waitForURL('**/dead');
    expect(await page.locator('#live').textContent()).toContain(hostile.script);
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    expect(await page.getByRole('button', { name: 'Retry selected (1)' }).isEnabled()).toBe(true);
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').isVisible()).toBe(true);
    await context.close();
  });

  it('changes what a person says, without another page', async () => {
    const { bench, world, origin } = stage;
    const context = await signIn(browser, await codeAddress(stage));
    const page = await context.newPage();
    const faults = watch(page, origin);
    const said = (text: string) => page.locator('#said', { hasText: text }).waitFor();

    await page.goto(`${origin}/approvals`);
    await page.evaluate('window.stayed = true');
    await page.getByLabel('Text').fill('Words of my own <b> & "more"');
    await page.getByRole('button', { name: 'Keep the text' }).click();
    await said('The text is kept');
    expect(await bench.store.jobs.get(world.jobs.approval)).toMatchObject({
      reason: 'approval',
      text: { body: 'Words of my own <b> & "more"' },
    });
    await page.getByRole('button', { name: 'Approve' }).click();
    await said('Approved');
    await page.getByText('Nothing waits for you').waitFor();
    expect((await bench.store.jobs.get(world.jobs.approval))?.reason).toBe('ready');
    expect(await page.evaluate('window.stayed')).toBe(true);

    await page.goto(`${origin}/unknown`);
    await page.getByText('The account could not be read').waitFor();
    await page.getByLabel('It is there').fill('https://www.instagram.com/p/abc/');
    await page.getByRole('button', { name: 'It is published' }).click();
    await said('Noted as published');
    expect(await bench.store.jobs.get(world.jobs.unknown)).toMatchObject({
      state: 'published',
      post: { url: 'https://www.instagram.com/p/abc/' },
    });

    await page.goto(`${origin}/rules/${world.rule}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await said('Paused');
    await page.getByRole('button', { name: 'Resume' }).click();
    await said('Going on');

    await page.goto(`${origin}/dead`);
    await page.getByRole('checkbox').first().check();
    await page.getByRole('button', { name: 'Retry selected (1)' }).click();
    await said('It goes out again');
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    expectNothing(faults, 'changes');
    await context.close();
  });

  it.each(looks.filter((look) => isJudged(...look)))(
    'shows the description of the API on a %s, %s, from this machine alone',
    async (size, scheme) => {
      const context = await browser.newContext({ viewport: sizes[size], colorScheme: scheme });
      const page = await context.newPage();
      const faults = watch(page, stage.origin);
      await page.goto(`${stage.origin}/docs`);
      await page.getByText('End the link of a job').waitFor();
      await page.getByText('Is everything out? And what a person must do').first().click();
      await page.locator('.opblock.is-open').waitFor();
      await keepPicture(page, `docs-${size}-${scheme}`);
      expectNothing(faults, 'docs');
      await context.close();
    },
  );

  it('is whole without JavaScript', async () => {
    const { bench, origin } = stage;
    const signedIn = await signIn(browser, await codeAddress(stage));
    const context = await browser.newContext({
      javaScriptEnabled: false,
      storageState: await signedIn.storageState(),
    });
    await signedIn.close();
    const page = await context.newPage();
    for (const [name, address] of Object.entries(addresses(stage))) {
      await page.goto(`${origin}${address}`);
      expect((await page.locator('#live').textContent())?.length, name).toBeGreaterThan(20);
    }
    await page.goto(`${origin}/dead`);
    await page.getByRole('button', { name: 'Retry all' }).click();
    expect(new URL(page.url()).pathname).toBe('/dead');
    expect(await page.locator('#said').textContent()).toContain('It goes out again');
    expect((await bench.store.jobs.counts()).dead).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    expect(await page.locator('h1').textContent()).toBe('Sign in');
    await context.close();
  });
});
