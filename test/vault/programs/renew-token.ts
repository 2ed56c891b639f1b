/*
 * Renews one account's token as a process of its own: renew-token VAULT PLATFORM_URL [die]. Prints one JSON line.
 * With `die` the process is killed after the platform has rotated the pair and before anything is saved.
 */
import { systemClock } from '../../../src/core/clock.ts';
import { asFailure, Failure } from '../../../src/core/failure.ts';
import { fileVault } from '../../../src/vault/file.ts';
import { withFileLock } from '../../../src/vault/lock.ts';
import { tokenSource } from '../../../src/vault/tokens.ts';
import { account, app, noHttp, tinyService } from './tiny-service.ts';

const [path = '', url = '', end] = process.argv.slice(2);

const service = tinyService(async ({ grant, clock }) => {
  const response = await fetch(url, { method: 'POST', body: grant.refreshToken ?? '' });
  const answer = (await response.json()) as { access: string; refresh: string };
  if (end === 'die') process.kill(process.pid, 'SIGKILL');
  if (response.status === 400)
    throw new Failure('E_LOGIN_NEEDED', {
      kind: 'login',
      message: 'invalid_grant',
      certain: true,
      status: 400,
    });
  const now = clock.now();
  return {
    accessToken: answer.access,
    refreshToken: answer.refresh,
    scopes: [],
    obtainedAt: now,
    expiresAt: now + 7_200_000,
  };
});

const told: string[] = [];
const tokens = tokenSource({
  vault: fileVault({ path, env: process.env, clock: systemClock }),
  service,
  http: noHttp(systemClock),
  account: async () => account,
  app: async () => app,
  clock: systemClock,
  lock: (name, work) => withFileLock(`${path}.${name.replaceAll('/', '-')}.lock`, systemClock, () => work()),
  onGrant: async (grant) => void told.push(`grant ${grant.accessToken}`),
  onLoginNeeded: async (failure) => void told.push(`login ${failure.message}`),
});

try {
  const { accessToken } = await tokens.current();
  process.stdout.write(`${JSON.stringify({ accessToken, told })}\n`);
} catch (error) {
  const { code, kind, message } = asFailure(error);
  process.stdout.write(`${JSON.stringify({ code, kind, message, told })}\n`);
}
