import { PassThrough, Readable } from 'node:stream';
import { addApp } from '../../src/cli/actions/app.ts';
import { login } from '../../src/cli/actions/login.ts';
import type { App } from '../../src/cli/app.ts';
import type { Turn } from '../../src/cli/command.ts';
import type { PlatformId } from '../../src/core/names.ts';
import { approve } from '../../src/sandbox/person.ts';
import type { SimAccount } from '../../src/sandbox/types.ts';

/** Platforms that register apps by themselves. */
const appless: readonly PlatformId[] = ['bluesky', 'mastodon'];

function turnOf(app: App, stdin: Readable, stdout: PassThrough): Turn {
  // Each sign-in proves the vault with a write of its own; here once for all, when the first secret was kept.
  const vault = async () => ({ ...(await app.vault()), probe: async () => undefined });
  const own = {
    vault,
    io: { stdin, stdout, stderr: new PassThrough(), env: app.io.env },
    nudge: () => undefined,
  };
  return {
    app: Object.assign(Object.create(app) as App, own),
    json: true,
    noInput: true,
    command: 'login',
    paint: (_style, text) => text,
    print: () => undefined,
    note: () => undefined,
    sayNotes: () => undefined,
  };
}

export async function addKeys(app: App, platform: PlatformId): Promise<void> {
  if (appless.includes(platform)) return;
  const turn = turnOf(app, Readable.from([`sandbox-${platform}-secret\n`]), new PassThrough());
  await addApp(turn, { clientId: `sandbox-${platform}-id`, clientSecretStdin: true }, platform);
}

/** Signs in as a person does who pastes the address that the browser ended on. Gives the account’s id here. */
export async function signInAs(
  app: App,
  platform: PlatformId,
  account: SimAccount,
  user: string,
): Promise<number> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const handle = account.handle.slice(1);
  const refused = new Promise<never>((_, reject) => {
    stdout.once('data', (line: Buffer) => {
      const { authorizeUrl } = JSON.parse(line.toString()) as { authorizeUrl: string };
      approve(authorizeUrl, { account: account.id, follow: false }).then(
        ({ redirectedTo }) => stdin.write(`${redirectedTo}\n`),
        reject,
      );
    });
  });
  let id = 0;
  const print = (value: unknown) => {
    id = (value as { id: number }).id;
  };
  const signingIn = login(
    { ...turnOf(app, stdin, stdout), print },
    {
      browser: false,
      paste: true,
      as: user,
      timeout: '10m',
      ...(platform === 'bluesky' ? { account: `${handle}.bsky.social` } : {}),
      ...(platform === 'mastodon' ? { server: 'mastodon.social' } : {}),
    },
    platform,
  );
  await Promise.race([signingIn, refused]);
  return id;
}
