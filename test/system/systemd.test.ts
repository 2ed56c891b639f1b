import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type CliHome, openCliHome } from '../e2e/home.ts';
import type { Gate } from '../gate.ts';
import { describeWith } from '../tools.ts';

const boot = fileURLToPath(new URL('boot.sh', import.meta.url));
const script = fileURLToPath(new URL('life.sh', import.meta.url));

/** How long the platform takes to answer: longer than the unit’s TimeoutStopSec. */
const SLOW_MS = 6_000;
/** Told when the slow request has come. */
let slow: (() => void) | undefined;

/** X, which takes its time once, over the request that publishes. */
const gate: Gate = async (request, platform, answer) => {
  const publishes = platform === 'x' && request.path.endsWith('/2/tweets');
  if (slow && publishes && request.method === 'POST') {
    slow();
    slow = undefined;
    await systemClock.sleep(SLOW_MS);
  }
  return answer();
};

/** Namespaces and a process 1 of one’s own are root’s to make. */
const whereRoot: typeof describeWith = (tools, name, body) =>
  process.getuid?.() === 0 || process.env['REPOST_TEST_REQUIRE'] === 'all'
    ? describeWith(tools, name, body)
    : describe.skip(`${name} (skipped: wants root)`, body);

whereRoot(
  { systemctl: 'systemd', unshare: 'util-linux', useradd: 'passwd', 'dbus-daemon': 'dbus' },
  'the service under a real systemd',
  () => {
    let home: CliHome;
    let lab: string;
    let facts: Map<string, string>;

    beforeAll(async () => {
      home = await openCliHome({ gate });
      lab = mkdtempSync(join(tmpdir(), 'repost-lab-'));
      chmodSync(lab, 0o755);
      await home.signIn('tiktok');
      await home.signIn('x');
      await home.repost.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'x:@creator']);
      await home.repost.run(['sync']);
      cpSync(home.env['REPOST_HOME'] ?? '', join(lab, 'home'), { recursive: true });
      copyFileSync(join(home.dir, 'origins.json'), join(lab, 'origins.json'));
      copyFileSync(join(home.dir, 'vault-key'), join(lab, 'vault-key'));
      copyFileSync(script, join(lab, 'script'));
      const watcher = watch(lab, (_, name) => {
        if (name !== 'publish-now') return;
        watcher.close();
        void publish();
      });
      await new Promise<void>((resolve) => {
        execFile('bash', [boot, lab], { env: { ...process.env, LAB_SECONDS: '150' } }, () => resolve());
      });
      watcher.close();
      const out = existsSync(join(lab, 'out')) ? readFileSync(join(lab, 'out'), 'utf8') : '';
      facts = new Map(
        out.split('\n').flatMap((line) => {
          const at = line.indexOf('=');
          return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
        }),
      );
      expect(facts.get('done'), `${out}\n${readFileSync(join(lab, 'console'), 'utf8').slice(-4000)}`).toBe(
        'yes',
      );
    }, 240_000);
    afterAll(async () => {
      await home?.close();
      if (lab) rmSync(lab, { recursive: true, force: true });
    });

    /** A new video; the platform will be slow to take it. */
    async function publish(): Promise<void> {
      const id = await home.publish('while the service stops');
      // Rules without a folder look in the home’s own, and the service shows its home to nobody else.
      mkdirSync(join(lab, 'originals'), { recursive: true });
      copyFileSync(join(home.originals, `${id}.mp4`), join(lab, 'originals', `${id}.mp4`));
      slow = () => writeFileSync(join(lab, 'publishing'), '');
      writeFileSync(join(lab, 'published'), '');
    }

    it('is a unit that systemd finds no fault with, exposed no more than 1.5', () => {
      expect(facts.get('verify')).toBe('');
      expect(facts.get('exposure')).toBe('0');
    });

    it('is ready only when it works, as a user of its own, with the sealed key to its vault', () => {
      expect(facts.get('started_before_start')).toBe('inactive');
      expect(facts.get('ready')).toBe('active running');
      expect(facts.get('ready_after_started')).toBe('1');
      expect(facts.get('process_user')).toBe('repost');
      expect(facts.get('home_rights')).toBe('700 repost');
      expect(facts.get('core_limit')).toBe('0');
      // Without the key nobody opens it, not even as the same user.
      expect(facts.get('vault')).not.toBe('0');
      expect(facts.get('vault_as_service')).toBe('1');
      const status = JSON.parse(readFileSync(join(lab, 'status.json'), 'utf8'));
      expect(status).toMatchObject({ manager: 'systemd', scope: 'system', active: 'active', problems: [] });
    });

    it('is left alone while it lives, killed when it hangs, started again after a kill -9', () => {
      expect(facts.get('fed')).toBe('yes');
      expect(facts.get('after_hang')).toMatch(/^watchdog /u);
      expect(facts.get('after_kill')).toBe('signal killed KILL');
    });

    it('lets a slow publish end, beyond its time to stop, and posts it once', () => {
      expect(facts.get('runs')).toContain('x:@creator');
      expect(facts.get('drained')).toBe('success exited 0');
      expect(Number(facts.get('drain_ms'))).toBeGreaterThan(3_000);
      expect(facts.get('stopped')).toBe('inactive');
      expect(home.sandbox.posts().filter((post) => post.platform === 'x')).toHaveLength(1);
    });

    it('does not start again where the settings are wrong', () => {
      expect(facts.get('bad_settings')).toBe('failed 0 1');
    });

    it('goes when told to, and leaves the key', () => {
      expect(facts.get('uninstalled')).toBe('gone kept');
    });

    it('runs as a person’s own service, and says that it ends at logout', () => {
      expect(facts.get('person_refused')).toBe('E_VAULT_PASSPHRASE');
      expect(facts.get('person_runs')).toBe('active');
      expect(facts.get('person_problem')).toBe('1');
      expect(facts.get('person_uninstalled')).toBe('gone');
      expect(JSON.parse(readFileSync(join(lab, 'person.json'), 'utf8'))).toMatchObject({
        scope: 'user',
        lingers: false,
      });
    });
  },
);
