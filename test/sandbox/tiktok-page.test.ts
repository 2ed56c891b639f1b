import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxServer } from '../../src/sandbox/server.ts';
import { serveSandbox } from '../../src/sandbox/server.ts';
import { createTiktok } from '../../src/sandbox/tiktok.ts';
import { describeWith } from '../tools.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'repost-page-'));
const sandbox = createSandbox({ clock: new TestClock(), seed: 3, simulators: [createTiktok] });
let server: SandboxServer;

beforeAll(async () => {
  server = await serveSandbox(sandbox);
});

afterAll(() => server.close());

const publish = async (input: object) =>
  (await sandbox.control('tiktok', 'publish', input)) as { id: string };

describeWith({ 'yt-dlp': 'yt-dlp' }, 'a page of the simulated TikTok', () => {
  it('gives its video to yt-dlp', async () => {
    const file = join(folder, 'original.mp4');
    // A file-type box is enough for a program that only copies.
    writeFileSync(
      file,
      Buffer.concat([Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom', 'latin1'), Buffer.alloc(50_000, 7)]),
    );
    const { id } = await publish({ file, caption: 'Morning ride' });
    const copy = join(folder, 'copy.mp4');
    await run('yt-dlp', [
      '--ignore-config',
      '--no-cache-dir',
      '-o',
      copy,
      `${server.url}/www.tiktok.com/@_/video/${id}`,
    ]);
    expect(readFileSync(copy).equals(readFileSync(file))).toBe(true);
  });
});

describeWith({ chromium: 'chromium', ffmpeg: 'ffmpeg' }, 'the sandbox in a browser', () => {
  it('plays the feeds, and leads through the consent page back to the client', async () => {
    const file = join(folder, 'shown.mp4');
    const picture = 'testsrc=size=90x160:rate=10:duration=1';
    await run('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', picture, '-pix_fmt', 'yuv420p', file]);
    await publish({ file, caption: '<img src=x onerror=alert(1)>' });
    const client = createServer((_request, response) => response.end('signed in'));
    await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      await page.goto(server.feeds);
      expect(await page.locator('.text').first().textContent()).toBe('<img src=x onerror=alert(1)>');
      const width = () => page.evaluate('document.querySelector("video").videoWidth');
      await expect.poll(width).toBe(90);
      const query = new URLSearchParams({
        client_key: 'sandbox-tiktok-id',
        response_type: 'code',
        scope: 'user.info.basic,video.list',
        redirect_uri: `http://127.0.0.1:${(client.address() as AddressInfo).port}/callback/`,
        state: 's',
        code_challenge: 'a'.repeat(64),
        code_challenge_method: 'S256',
      });
      await page.goto(`${server.url}/www.tiktok.com/v2/auth/authorize/?${query}`);
      await page.getByRole('radio', { name: 'Second' }).check();
      await page.getByRole('checkbox', { name: 'video.list' }).uncheck();
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.waitForURL(/\/callback\//u);
      expect(await page.textContent('body')).toBe('signed in');
      expect(new URL(page.url()).searchParams.get('scopes')).toBe('user.info.basic');
      expect(said).toEqual([]);
    } finally {
      await browser.close();
      client.close();
    }
  });
});
