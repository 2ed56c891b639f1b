// Plants one bug after the other and sees how many worlds of the simulation it takes until it is caught.
// `npm run mutants`, or with a part of a name: `npm run mutants -- fsync`. Exits 1 where one survives.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTest } from './bundle-test.mjs';
import { mutants } from './mutants-list.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MOST_WORLDS = 12;
const MOST_MS = 240_000;

/** The patch of one file, applied while it is bundled. */
function planting({ file, from, to }) {
  return {
    name: 'planting',
    setup(build) {
      // In Go's spelling of regular expressions: no flags.
      build.onLoad({ filter: new RegExp(`${file.replaceAll('.', '[.]')}$`) }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const parts = text.split(from);
        if (parts.length !== 2)
          throw new Error(`${file} has the place ${parts.length - 1} times: ${JSON.stringify(from)}`);
        return { contents: parts.join(to), loader: 'ts' };
      });
    },
  };
}

/** How many worlds it took, and what gave it away; undefined where nothing did. */
async function hunt(mutant) {
  const { entry, folder } = await bundleTest(root, 'test/sim/main.ts', [planting(mutant)]);
  const { stdout } = spawnSync(
    process.execPath,
    [entry, '--seeds', String(MOST_WORLDS), '--quiet', ...(mutant.world === 'full' ? ['--full'] : [])],
    { encoding: 'utf8', timeout: MOST_MS, env: { ...process.env, TRAIL: '0' }, maxBuffer: 2 ** 26 },
  );
  rmSync(folder, { recursive: true, force: true });
  const breach = /^ *BREACH (?:\d{4}-\S+ )?(.*)$/mu.exec(stdout)?.[1];
  const worlds = Number(/"worlds":(\d+)/u.exec(stdout)?.[1] ?? 0);
  return breach === undefined ? undefined : { worlds, breach };
}

const wanted = process.argv[2] ?? '';
const chosen = mutants.filter(({ name }) => name.includes(wanted));
let survived = 0;
for (const mutant of chosen) {
  const startedAt = performance.now();
  const caught = await hunt(mutant);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (!caught) survived += 1;
  console.log(
    caught
      ? `caught in ${caught.worlds} world${caught.worlds === 1 ? '' : 's'} (${seconds} s): ${mutant.name} – ${caught.breach.slice(0, 120)}`
      : `SURVIVED (${seconds} s): ${mutant.name}`,
  );
}
console.log(`${chosen.length - survived} of ${chosen.length} planted bugs caught`);
process.exitCode = survived === 0 && chosen.length > 0 ? 0 : 1;
