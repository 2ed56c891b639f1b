import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Findings, figure, single, stated } from './report.ts';

/** What each package that the product asks for is for. Packages of packages come with these. */
const purposes: Readonly<Record<string, string>> = {
  '@fastify/swagger': 'the description of the local API, in OpenAPI',
  '@modelcontextprotocol/sdk': '`repost mcp`: the home served to an assistant',
  ajv: 'rule files are checked against their schema',
  aws4fetch: 'signs what is put into an S3 bucket, for platforms that fetch videos',
  'better-sqlite3': 'the database',
  commander: 'the command line',
  'fast-xml-parser': 'feeds, and the answers of S3',
  fastify: 'the local API and page',
  inquirer: 'questions at the terminal',
  'light-my-request': 'the API within the same process, for `repost mcp`',
  'lossless-json': 'numbers longer than JavaScript’s: ids stay text',
  'node-cron': 'the daemon’s tick',
  nodemailer: 'alerts by e-mail',
  open: 'opens the browser to sign in',
  ora: 'the spinner',
  'p-queue': 'so many polls and sign-ins at once',
  pg: 'a ledger on PostgreSQL, which several machines share',
  'prom-client': 'metrics for Prometheus',
  re2js: 'patterns in rules that cannot hang',
  selfsigned: 'the certificate of the sign-in’s local address',
  typebox: 'the types of the API, and their schemas',
  undici: 'HTTP',
  yaml: 'rule files',
  yauzl: 'reads TikTok’s own data export',
  keytar: 'the system’s keychain (optional)',
};

interface Lock {
  packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>;
}

/** What an installation weighs: counted from the lock file and the files that are here. */
export async function install(root: string): Promise<Findings> {
  const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as unknown;
  const { packages } = read('package-lock.json') as Lock;
  const { dependencies, optionalDependencies } = read('package.json') as Record<
    string,
    Record<string, string>
  >;
  const wanted = Object.entries(packages).filter(
    ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional,
  );
  const asked = [...Object.keys(dependencies ?? {}), ...Object.keys(optionalDependencies ?? {})];
  const unnamed = asked.filter((name) => purposes[name] === undefined);
  if (unnamed.length > 0) throw new Error(`nobody says what ${unnamed.join(', ')} is for`);
  const own = MiB(bytesIn(join(root, 'dist'), /\.map$|^code$/u) + bytesIn(join(root, 'bin')));
  const theirs = wanted.map(([path]) => ({ path, mib: MiB(bytesIn(join(root, path), /^node_modules$/u)) }));
  const total = theirs.reduce((sum, { mib }) => sum + mib, 0);
  return {
    rows: [
      stated(
        'an installation: the program itself',
        '–',
        single(own, 'MiB'),
        '`bin` and `dist`, without maps',
      ),
      stated(
        'an installation: its packages',
        '–',
        single(total, 'MiB'),
        `${wanted.length} packages, as npm unpacks them; the largest: ${largest(theirs)}`,
      ),
      stated('packages asked for', '–', single(asked.length, 'packages'), 'each with what it is for below'),
      ...asked.map((name) =>
        stated(
          `\`${name}\``,
          '–',
          single(theirs.find(({ path }) => path === `node_modules/${name}`)?.mib ?? 0, 'MiB'),
          purposes[name] ?? '',
        ),
      ),
    ],
  };
}

const MiB = (bytes: number) => bytes / 2 ** 20;

const largest = (all: readonly { path: string; mib: number }[]) =>
  [...all]
    .sort((a, b) => b.mib - a.mib)
    .slice(0, 4)
    .map(({ path, mib }) => `${path.replace(/^.*node_modules\//u, '')} ${figure(mib)} MiB`)
    .join(', ');

/** Bytes of all files below, but for names that are left out; 0 where there is nothing. */
function bytesIn(path: string, without?: RegExp): number {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path)
    .filter((name) => !without?.test(name))
    .reduce((sum, name) => sum + bytesIn(join(path, name), without), 0);
}
