import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { addCode } from '../../src/web/credentials.ts';
import { openDoor } from '../../src/web/door.ts';
import { openHouse } from '../../src/web/server.ts';
import { openWebBench, type WebBench } from '../web/bench.ts';
import { type PageWorld, settlePages } from '../web/page-world.ts';

export const sizes = {
  desktop: { width: 1280, height: 860 },
  phone: { width: 390, height: 844 },
} as const;

export type Size = keyof typeof sizes;
export type Scheme = 'light' | 'dark';

/** The pages over a seeded home behind the real door, and a browser that has signed in. */
export interface Stage {
  bench: WebBench;
  world: PageWorld;
  origin: string;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const bench = await openWebBench();
  const world = await settlePages(bench.store, systemClock.now(), bench.app.files.media);
  const door = await openDoor(
    { address: '127.0.0.1:0', publicOrigin: '', tlsCert: '', tlsKey: '' },
    {
      ...bench.deps,
      assets: dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')),
    },
    openHouse,
  );
  return {
    bench,
    world,
    origin: door.origin,
    async close() {
      await door.close();
      await bench.close();
    },
  };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
    ],
  });
}

/** A browser’s own profile, signed in as `repost dashboard` does it. */
export async function signIn(
  browser: Browser,
  address: string,
  size: Size = 'desktop',
  scheme: Scheme = 'light',
): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: sizes[size], colorScheme: scheme });
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForURL((url) => url.pathname === '/');
  await page.close();
  return context;
}

export async function codeAddress({ bench, origin }: Stage): Promise<string> {
  return `${origin}/sign-in#${await addCode(bench.store, systemClock.now())}`;
}

/** Keeps what a page must never do: errors in its console, requests to anywhere else. */
export function watch(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:')) faults.push(`request: ${url}`);
  });
  return faults;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Faults of accessibility that axe calls serious or critical. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: judge } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
        }>;
      };
    };
    const { violations } = await judge.run({ resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
      );
  });
}

/** How far the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { document, innerWidth } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number } };
      innerWidth: number;
    };
    return document.documentElement.scrollWidth - innerWidth;
  });
}

/** Kept for people to look at where REPOST_SCREENSHOTS names a folder. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['REPOST_SCREENSHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

export function expectNothing(faults: readonly string[], where: string): void {
  expect(faults, where).toEqual([]);
}
