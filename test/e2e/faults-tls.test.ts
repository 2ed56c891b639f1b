import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { runRepost } from './run.ts';
import { type FaultStage, openStage } from './stage.ts';

/** How a certificate can be wrong; what is said of it. */
const wrong: readonly (readonly [string, RegExp])[] = [
  ['self-signed', /api\.x\.com: its certificate is self-signed/u],
  ['wrong-name', /api\.x\.com: its certificate is for another name/u],
  ['expired', /api\.x\.com: its certificate has expired/u],
];

describeWith({ faketime: 'faketime', openssl: 'openssl' }, 'a platform whose certificate is wrong', () => {
  let stage: FaultStage;
  let origins = '';
  let asked = 0;
  const servers: Server[] = [];

  beforeAll(async () => {
    stage = await openStage(['x']);
    origins = join(stage.dir, 'origins.json');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: stage.dir, stdio: 'ignore' });
    const subject = (name: string) => ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '30',
      '-subj',
      '/CN=ours',
    );
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      'self-signed.key',
      '-out',
      'self-signed.pem',
      ...subject('localhost'),
    );
    for (const [kind, name] of [
      ['wrong-name', 'elsewhere.example'],
      ['expired', 'localhost'],
    ] as const) {
      openssl('req', ...key, '-keyout', `${kind}.key`, '-out', `${kind}.csr`, ...subject(name));
      const days = kind === 'expired' ? ['-days', '-1'] : ['-days', '30'];
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy'];
      openssl('x509', '-req', '-in', `${kind}.csr`, '-out', `${kind}.pem`, ...signed, ...days);
    }
  }, 180_000);
  afterAll(async () => {
    for (const server of servers) server.close();
    await stage?.close();
  });

  async function serve(kind: string): Promise<string> {
    const files = { key: `${kind}.key`, cert: `${kind}.pem` };
    const read = (name: string) => readFileSync(join(stage.dir, name));
    const server = createServer({ key: read(files.key), cert: read(files.cert) }, (_request, response) => {
      asked += 1;
      response.end('{}');
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://localhost:${(server.address() as AddressInfo).port}`;
  }

  it.each(wrong)(
    '%s: nothing is sent to it, it is said, and there is one post once it is mended',
    async (kind, words) => {
      const url = await serve(kind);
      const mended = readFileSync(origins, 'utf8');
      writeFileSync(origins, JSON.stringify({ ...JSON.parse(mended), 'https://api.x.com': url }));
      await stage.run('config', 'set', 'retry.base', '2h');
      await stage.publish(kind);
      const env = { ...stage.movedEnv(), NODE_EXTRA_CA_CERTS: join(stage.dir, 'ca.pem') };
      expect((await runRepost(env, ['sync', '--json'])).code).toBe(0);
      const [job] = await stage.jobs(kind);
      expect(job).toMatchObject({
        state: 'waiting',
        error: { code: 'E_NETWORK', class: 'transient', message: expect.stringMatching(words) },
      });
      expect(job?.error?.hint).toMatch(/clock.*proxy/u);
      expect(asked).toBe(0);
      writeFileSync(origins, mended);
      await stage.run('config', 'set', 'retry.base', '10ms');
      stage.skip(5 * 3_600_000);
      expect((await stage.sync()).summary).toMatchObject({ published: 1, waiting: 0 });
      expect(stage.shown('x', kind)).toHaveLength(1);
    },
    60_000,
  );
});
