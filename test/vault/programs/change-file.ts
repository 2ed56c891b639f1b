/* Writes entries into a file vault as fast as it can: change-file PATH PREFIX COUNT. */
import { systemClock } from '../../../src/core/clock.ts';
import { fileVault } from '../../../src/vault/file.ts';

const [path = '', prefix = '', count = '0'] = process.argv.slice(2);
const vault = fileVault({ path, env: process.env, clock: systemClock });
for (let index = 0; index < Number(count); index++) {
  await vault.write(`${prefix}/${index}`, `value ${index}`);
  process.stdout.write(`${index}\n`);
}
