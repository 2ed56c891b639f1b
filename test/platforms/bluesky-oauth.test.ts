import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { App, Grant } from '../../src/core/account.ts';
import { systemClock, TestClock } from '../../src/core/clock.ts';
import type { OAuthSignIn } from '../../src/core/platform.ts';
import { accountHttp } from '../../src/net/http.ts';
import { signIn } from '../../src/net/oauth.ts';
import { noOrigins } from '../../src/net/origins.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { describeWith } from '../tools.ts';
import { accountOf, fitted, mediaFile, video } from './bluesky-stage.ts';
import { driveJob } from './memory-run.ts';
import { describeReal, type RealPds, realPlainHttp, startPds } from './real-pds.ts';

const rules = bluesky.signIn as OAuthSignIn;
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describeReal('Bluesky: our sign-in on a real server', () => {
  describeWith({ chromium: 'chromium' }, 'in a real browser', () => {
    let real: RealPds;
    let browser: Browser;
    let password: string;

    beforeAll(async () => {
      real = await startPds();
      ({ password } = await real.createAccount('bob.test'));
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
    });
    afterAll(async () => {
      await browser?.close();
      await real?.stop();
    });

    /** Does what a person does: types the password, presses the button. */
    async function press(address: string, button: 'Authorize' | 'Deny access'): Promise<void> {
      const page = await browser.newPage();
      await page.goto(address);
      const name = page.locator('input[name=username]');
      // Who named no account is asked first whether to make one.
      const welcome = page.getByRole('button', { name: 'Sign in' });
      await name.or(welcome).first().waitFor();
      if (!(await name.isVisible())) await welcome.click();
      if ((await name.inputValue()) === '') await name.fill('bob.test');
      await page.locator('input[type=password]').fill(password);
      await page.locator('button[type=submit]').click();
      await page.getByRole('button', { name: button }).click();
      await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/callback/u);
      await page.close();
    }

    const login = (button: 'Authorize' | 'Deny access', loginHint?: string) =>
      signIn({
        service: bluesky,
        signIn: rules,
        app: undefined,
        http: realPlainHttp(real),
        clock: systemClock,
        origins: noOrigins,
        announce: () => {},
        browse: (address) => press(address, button),
        ...(loginHint === undefined ? { at: real.pds } : { loginHint }),
      });

    it('signs in by handle, publishes and renews; a replayed renewal ends it', async () => {
      const { grant, app, identities } = await login('Authorize', '@bob.test');
      expect(grant.scopes).toEqual(expect.arrayContaining(['atproto', 'repo:app.bsky.feed.post']));
      expect(identities[0]).toMatchObject({
        handle: '@bob.test',
        settings: { pds: real.pds, issuer: real.pds },
      });
      expect(identities[0]?.settings).not.toHaveProperty('signIn');
      const account = accountOf(identities[0]!);
      let newest: Grant = grant;
      const renew = async (old: Grant) =>
        rules.refresh!({
          http: realPlainHttp(real),
          app: app as App,
          clock: systemClock,
          grant: old,
          account,
        });
      const http = accountHttp({
        transport: real.transport,
        clock: systemClock,
        service: bluesky,
        timeoutMs: 30_000,
        tokens: { current: async () => newest, renew: async () => (newest = await renew(newest)) },
        meter: { spend: async () => {}, learn: async () => {} },
      });
      const job = {
        http,
        account,
        video,
        media: mediaFile(5000),
        text: fitted('Signed with a key #proof'),
        options: {},
      };
      expect(await driveJob(bluesky, job, new TestClock(Date.now()))).toMatchObject({ state: 'published' });

      // The rights reach as far as the video service needs them, and no further.
      const service = (query: Record<string, string>) =>
        http.send({ url: `${real.pds}/xrpc/com.atproto.server.getServiceAuth`, query });
      const room = { aud: 'did:web:video.bsky.app', lxm: 'app.bsky.video.getUploadLimits' };
      const write = { aud: 'did:web:localhost', lxm: 'com.atproto.repo.uploadBlob' };
      for (const query of [room, write]) expect((await service(query)).status).toBe(200);
      await expect(service({ ...room, lxm: 'chat.bsky.convo.sendMessage' })).rejects.toMatchObject({
        code: 'E_SCOPES',
      });

      const used = newest;
      newest = await renew(used);
      expect(newest.refreshToken).not.toBe(used.refreshToken);
      expect(newest.refreshExpiresAt).toBe(grant.refreshExpiresAt);
      expect((await http.send({ url: `${real.pds}/xrpc/com.atproto.server.getSession` })).status).toBe(200);
      await expect(renew(used)).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
      await expect(renew(newest)).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
      await expect(
        http.send({ url: `${real.pds}/xrpc/com.atproto.server.getSession` }),
      ).rejects.toMatchObject({
        code: 'E_LOGIN_NEEDED',
      });
    });

    it('signs in by the server’s address, and revokes', async () => {
      const { grant, app, identities } = await login('Authorize');
      const account = accountOf(identities[0]!);
      const request = { http: realPlainHttp(real), app: app as App, clock: systemClock, grant, account };
      await rules.revoke!(request);
      await expect(rules.refresh!(request)).rejects.toMatchObject({ kind: 'login' });
    });

    it('hears a no', async () => {
      await expect(login('Deny access', 'bob.test')).rejects.toMatchObject({ code: 'E_DENIED' });
    });
  });
});
