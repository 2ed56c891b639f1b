import { resolve } from 'node:path';
import { backupDatabase, restoreDatabase } from '../../store/backup.ts';
import { schemaVersion } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { takeHome } from '../home.ts';

export async function backup({ app, print }: Turn, _options: unknown, file: string): Promise<undefined> {
  const { path, bytes, schema } = await backupDatabase(app.files.database, resolve(file));
  print({ schemaVersion, path, bytes, schema }, () => `The database is copied to ${path} (${bytes} bytes).`);
}

export async function restore(
  { app, print, note }: Turn,
  _options: unknown,
  file: string,
): Promise<undefined> {
  const lock = await takeHome(app);
  try {
    const kept = restoreDatabase(resolve(file), app.files.database, app.clock.now());
    print({ schemaVersion, database: app.files.database, kept }, () =>
      [
        `${app.files.database} is what it was in ${resolve(file)}.`,
        ...(kept === null ? [] : [`What was there before is kept: ${kept}`]),
      ].join('\n'),
    );
  } finally {
    await lock.release();
  }
  note('The next run looks at each account before it posts: what is out already is not posted again.');
  note('See: repost quarantine');
}
