// Plants one bug after the other and sees how many worlds of the simulation it takes until it is caught.
// `npm run mutants`, or with a part of a name: `npm run mutants -- fsync`. Exits 1 where one survives.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { bundleTest } from './bundle-test.mjs';
import { mutants } from './mutants-list.mjs';

const MOST_WORLDS = 12;
const AT_ONCE = 2;
const MOST_MS = 600_000;

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
  const { entry, folder } = await bundleTest('test/sim/main.ts', { plugins: [planting(mutant)] });
  const options = { timeout: MOST_MS, env: { ...process.env, TRAIL: '0' }, maxBuffer: 2 ** 26 };
  const world = mutant.world === 'small' ? [] : [`--${mutant.world}`];
  const stdout = await new Promise((resolve) => {
    // What it ends with is read from what it says.
    execFile(
      process.execPath,
      [entry, '--seeds', String(MOST_WORLDS), '--quiet', ...world],
      options,
      (_, out) => resolve(out),
    );
  });
  rmSync(folder, { recursive: true, force: true });
  const breach = /^ *BREACH (?:\d{4}-\S+ )?(.*)$/mu.exec(stdout)?.[1];
  const worlds = Number(/"worlds":(\d+)/u.exec(stdout)?.[1] ?? 0);
  return breach === undefined ? undefined : { worlds, breach };
}

async function judge(mutant) {
  const startedAt = performance.now();
  const caught = await hunt(mutant);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (!caught) {
    console.log(`SURVIVED (${seconds} s): ${mutant.name}`);
    return false;
  }
  const { worlds, breach } = caught;
  const seeds = `${worlds} seed${worlds === 1 ? '' : 's'}`;
  console.log(`caught after ${seeds} (${seconds} s): ${mutant.name} – ${breach.slice(0, 120)}`);
  return true;
}

const wanted = process.argv[2] ?? '';
const chosen = mutants.filter(({ name }) => name.includes(wanted));
const left = [...chosen];
let caught = 0;
async function work() {
  for (let mutant = left.shift(); mutant; mutant = left.shift()) if (await judge(mutant)) caught += 1;
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
console.log(`${caught} of ${chosen.length} planted bugs caught`);
process.exitCode = caught === chosen.length && caught > 0 ? 0 : 1;
