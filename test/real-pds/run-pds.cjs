// A real server of the AT Protocol on loopback, with its directory of DIDs in memory. Prints one line of JSON when
// it is ready, and ends with its standard input.
const { randomBytes } = require('node:crypto');
const { mkdtempSync, rmSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const plc = require('@did-plc/server');
const { PDS, envToCfg, envToSecrets } = require('@atproto/pds');

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function main() {
  const [plcPort, port] = [await freePort(), await freePort()];
  const dir = mkdtempSync(join(tmpdir(), 'repost-pds-'));
  const directory = plc.PlcServer.create({ db: plc.Database.mock(), port: plcPort });
  await directory.start();
  const env = {
    devMode: true,
    hostname: 'localhost',
    port,
    dataDirectory: dir,
    blobstoreDiskLocation: join(dir, 'blobs'),
    didPlcUrl: `http://localhost:${plcPort}`,
    serviceHandleDomains: ['.test'],
    inviteRequired: false,
    jwtSecret: randomBytes(16).toString('hex'),
    adminPassword: randomBytes(16).toString('hex'),
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    disableSsrfProtection: true,
    bskyAppViewUrl: 'https://appview.invalid',
    bskyAppViewDid: 'did:example:invalid',
    blobUploadLimit: 8 * 1024 * 1024,
    rateLimitsEnabled: true,
  };
  const server = await PDS.create(envToCfg(env), envToSecrets(env));
  await server.start();
  process.stdout.write(
    `${JSON.stringify({ pds: `http://localhost:${port}`, plc: `http://localhost:${plcPort}` })}\n`,
  );
  const end = async () => {
    await server.destroy().catch(() => {});
    await directory.destroy().catch(() => {});
    rmSync(dir, { recursive: true, force: true });
    process.exit(0);
  };
  process.stdin.on('end', end).resume();
  process.on('SIGTERM', end);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
