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
  watch,
} from './dashboard-stage.ts';

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
        expectNothing(await seriousFaults(page), name);
        expectNothing(faults, name);
        expect(await overflow(page), name).toBeLessThanOrEqual(0);
        expect(await page.evaluate('window.broken'), name).toBeUndefined();
        expect(await page.locator('a[href^="javascript:" i]').count(), name).toBe(0);
      }
      await context.close();
    },
    60_000,
  );

  it('shows hostile words as words', async () => {
    const context = await signIn(browser, await codeAddress(stage));
    const page = await context.newPage();
    await page.goto(`${stage.origin}/dead`);
    expect(await page.locator('#live').textContent()).toContain(hostile.script);
    await page.goto(`${stage.origin}/posts`);
    const turned = page.locator('.card', { hasText: 'Holiday' }).first();
    expect(await turned.textContent()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/u);
    await context.close();
  });
});
