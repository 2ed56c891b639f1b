import { Readable, Writable } from 'node:stream';
import { Failure } from '../core/failure.ts';
import type { Store } from '../store/types.ts';
import type { Deed } from '../web/deps.ts';
import { scopeStore } from '../web/scope.ts';
import type { App } from './app.ts';
import type { Action, Turn } from './command.ts';

/** What the local API and other programs may ask for, by name: the same functions that the commands run. */
const deeds: Readonly<Record<string, () => Promise<Action>>> = {
  status: async () => (await import('./actions/status.ts')).status,
};

/**
 * Does what a command does, for somebody who is not at the terminal, and gives what its --json prints. Nothing can be
 * asked. With a user, it sees and changes only what is that user’s.
 */
export async function perform(app: App, deed: Deed, user: string | null): Promise<unknown> {
  const load = deeds[deed.name];
  if (!load) throw new Failure('E_NOT_FOUND', { message: `There is no “${deed.name}”.` });
  const action = await load();
  let printed: unknown = null;
  const turn: Turn = {
    app: appFor(app, deed.input ?? '', user),
    json: true,
    noInput: true,
    paint: (_style, text) => text,
    print: (value) => {
      printed = value;
    },
    note: () => undefined,
    sayNotes: () => undefined,
  };
  await action(turn, (deed.options ?? {}) as never, ...((deed.args ?? []) as never[]));
  return printed;
}

/** The same app with other streams and, for a user, that user’s store. What was opened stays open. */
function appFor(app: App, input: string, user: string | null): App {
  const scoped = (store: Store) => (user === null ? store : scopeStore(store, user));
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const own: Partial<App> = {
    io: { stdin: Readable.from([input]), stdout: nowhere(), stderr: nowhere(), env: app.io.env },
    noInput: true,
    warn: () => undefined,
    store: async () => scoped(await app.store()),
    reader: async () => scoped(await app.reader()),
  };
  return Object.assign(Object.create(app) as App, own);
}
