import { Failure } from '../../core/failure.ts';
import { addCode } from '../../web/credentials.ts';
import { schemaVersion } from '../../web/views.ts';
import { openAddress } from '../browser.ts';
import type { Turn } from '../command.ts';
import { addressKey } from '../web.ts';

/** Opens the running daemon’s page with a code that signs a browser in, once. */
export async function openDashboard(
  { app, print, note }: Turn,
  options: { browser?: boolean },
): Promise<undefined> {
  const store = await app.store();
  const origin = await store.meta.get(addressKey(app));
  if (origin === undefined || !(await app.daemonRuns())) {
    throw new Failure('E_WRONG_STATE', {
      message: 'The page is served by the daemon, and no daemon of this home serves it now.',
      hint: 'Start it, and see that daemon.http is not off.',
      command: 'repost daemon',
    });
  }
  const code = await addCode(store, app.clock.now());
  // What stands behind # is never sent to a server, so no log can have it.
  const url = `${origin}/sign-in#${code}`;
  if (options.browser === false) return print({ schemaVersion, url }, () => url) as undefined;
  const opened = await openAddress(app.io.env, url).then(
    () => true,
    () => false,
  );
  print({ schemaVersion, url: `${origin}/` }, () => `The page: ${origin}/`);
  if (!opened) note(`No browser could be opened. Open this yourself, within two minutes: ${url}`);
}
