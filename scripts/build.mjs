// Bundles src/ and its packages into dist/, split so that a command loads only its own parts; then warms up the
// compiled code that bin/load.js starts it from.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { leanCron } from './lean-cron.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const fresh = join(root, `dist.${process.pid}`);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// Where node_modules is a link, the bundle must not name its target.
const shared = {
  absWorkingDir: root,
  platform: 'node',
  target: 'node20.18',
  logLevel: 'warning',
  preserveSymlinks: true,
};

/** Commander starts programs that we have none of; what that needs costs a tenth of a start. */
const leanCommander = {
  name: 'lean-commander',
  setup({ onLoad }) {
    onLoad({ filter: /commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const named = "const childProcess = require('node:child_process');\n";
      if (!text.includes(named)) throw new Error('commander loads node:child_process in another way now');
      return {
        contents: text
          .replace(named, '')
          .replaceAll(/\bchildProcess\.spawn\b/gu, "require('node:child_process').spawn"),
      };
    });
  },
};

/** What undici's agents load for forms and for HTTP/2: our bodies are bytes, our connections HTTP/1.1. */
const leanUndici = {
  name: 'lean-undici',
  setup({ onResolve, onLoad, onEnd }) {
    const unused = /^\.\.?\/(?:client-h2|web\/fetch\/body)\.js$/;
    const met = new Set();
    onResolve({ filter: unused }, ({ path, importer }) => {
      if (!/undici[\\/]lib[\\/]dispatcher[\\/]client(?:-h1)?\.js$/u.test(importer)) return undefined;
      met.add(path);
      return { path, namespace: 'left-out' };
    });
    onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: `const refuse = () => { throw new Error('undici: ${path} is left out of this build'); };
        module.exports = Object.assign(refuse, { extractBody: refuse });`,
    }));
    onEnd(() => {
      if (met.size !== 2) throw new Error('undici loads HTTP/2 and forms in another way now');
    });
  },
};

/**
 * What a command that only looks never asks for: the vault, the network, a database server (then the whole
 * program looks), and much of better-sqlite3.
 */
const leftOut = {
  name: 'left-out',
  setup({ onResolve, onLoad, onEnd }) {
    const unused =
      /\/(?:home-vault\.ts|postgres\/open\.ts|connect\.ts|methods\/(?:backup|serialize|function|aggregate|table|inspect))$/;
    const met = new Set();
    onResolve({ filter: unused }, ({ path }) => {
      met.add(path);
      return { path, namespace: 'left-out' };
    });
    onResolve({ filter: /\/platforms\/one\.ts$/ }, () => ({ path: './one.js', external: true }));
    onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = () => { throw new Error('${path} is left out of this bundle'); };`,
    }));
    onEnd(() => {
      if (met.size !== 9) throw new Error(`found other modules than those to leave out: ${[...met]}`);
    });
  },
};

/** `import()` of a package gives its named exports, as Node does it: esbuild knows none of a CommonJS module. */
const namedExports = {
  name: 'named-exports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z@]/ }, ({ kind, path, resolveDir }) =>
      kind !== 'dynamic-import' || isBuiltin(path)
        ? undefined
        : { path, namespace: 'package', pluginData: resolveDir },
    );
    onLoad({ filter: /./, namespace: 'package' }, async ({ path, pluginData }) => {
      const names = Object.keys(await import(path)).filter(
        (name) => name !== 'default' && name !== 'module.exports',
      );
      const named = names.length > 0 ? `export const { ${names.join(', ')} } = whole;` : '';
      return {
        contents: `import * as whole from ${JSON.stringify(path)};\n${named}\nexport default whole.default;`,
        resolveDir: pluginData,
      };
    });
  },
};

/** Only esbuild's ES modules can be split. */
function split() {
  return build({
    ...shared,
    entryPoints: {
      main: 'src/cli/main.ts',
      man: 'src/cli/man.ts',
      sample: 'src/cli/sample.ts',
      // What the quick entries load where they want a platform.
      one: 'src/platforms/one.ts',
    },
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: 'esm',
    // A compiled add-on, found where npm put it.
    external: ['keytar', '*.node'],
    // Only the few functions of it that are used: the whole costs 20 MB of memory.
    alias: { typebox: './node_modules/typebox/build/index.mjs' },
    // As Node itself chooses: what packages offer for `require` is older.
    mainFields: ['module', 'main'],
    plugins: [leanCommander, leanCron, leanUndici, namedExports],
    metafile: true,
    write: false,
  });
}

const quick = ['look.js', 'help.js'];

/**
 * The quick entries: each is one script with no more in it than it runs, because every page of memory that a start
 * touches is felt. What only other commands reach is left out.
 */
function whole() {
  return build({
    ...shared,
    entryPoints: quick.map((name) => `src/cli/${basename(name, '.js')}.ts`),
    outdir: fresh,
    bundle: true,
    format: 'esm',
    external: ['*.node'],
    mainFields: ['module', 'main'],
    plugins: [leftOut],
    metafile: true,
    write: false,
  });
}

/** Node keeps compiled code of scripts only, so each module is turned into one (and `import()` into `require`). */
async function asScripts(outputFiles) {
  const entries = join(fresh, 'modules');
  mkdirSync(entries, { recursive: true });
  for (const { path, text } of outputFiles) writeFileSync(join(entries, relative(fresh, path)), text);
  const files = readdirSync(entries);
  const convert = (names, own) =>
    build({
      ...shared,
      ...own,
      entryPoints: names.map((name) => join(entries, name)),
      outdir: fresh,
      format: 'cjs',
      define: { 'import.meta.dirname': '__dirname', ...own.define },
      supported: { 'dynamic-import': false },
    });
  const placed = (name) => readFileSync(join(entries, name), 'utf8').includes('import.meta.url');
  await convert(
    files.filter((name) => !placed(name)),
    {},
  );
  await convert(files.filter(placed), {
    define: { 'import.meta.url': 'own.url' },
    banner: {
      js: 'const own = { get url() { return require("node:url").pathToFileURL(__filename).href; } };',
    },
  });
  rmSync(entries, { recursive: true });
  for (const name of files) {
    const file = join(fresh, name);
    // Names stay: some packages say those of their classes.
    const smaller = { minifyWhitespace: true, minifySyntax: true };
    const { code } = await transform(lazily(readFileSync(file, 'utf8')), smaller);
    writeFileSync(file, code);
  }
  writeFileSync(join(fresh, 'package.json'), '{ "type": "commonjs" }\n');
}

/** A part, or a module of Node, is loaded where it is first used, not where it is named. */
function lazily(text) {
  const named = /^var (import_\w+) = ((?:__toESM\()?require\("[^"]+"\)(?:, 1)?\)?);$/gmu;
  const names = new Map([...text.matchAll(named)].map(([, name, value]) => [name, value]));
  const body = text
    .replace(named, '')
    // To ask for it opens all three standard streams; the global is the same object.
    .replace(/\brequire\("(?:node:)?process"\)/gu, 'process')
    // The part's own `require` finds the same; to make another loads what Node knows of ES modules.
    .replace(/\(0, import_(?:node_)?module\w*\.createRequire\)\(own\.url\)/gu, 'require')
    .replace(/\bimport_\w+/gu, (word) => (names.has(word) ? `lazy$.${word}` : word));
  const kept = [...names.keys()].map((name) => `${name}$`);
  const getters = [...names].map(([name, value]) => `  get ${name}() { return ${name}$ ??= ${value}; },\n`);
  return names.size === 0 ? text : `var ${kept.join(', ')};\nvar lazy$ = {\n${getters.join('')}};\n${body}`;
}

/** What is read from beside the bundle: the demo's videos, the API's description, the pages, the manual, the help. */
async function furnish() {
  cpSync(join(root, 'src', 'sandbox', 'videos'), join(fresh, 'videos'), { recursive: true });
  const { helpFiles, manPages } = createRequire(import.meta.url)(join(fresh, 'man.js'));
  mkdirSync(join(fresh, 'man'));
  for (const { file, roff } of await manPages(version)) writeFileSync(join(fresh, 'man', file), roff);
  for (const [file, text] of helpFiles()) {
    mkdirSync(dirname(join(fresh, 'help', file)), { recursive: true });
    writeFileSync(join(fresh, 'help', file), text);
  }
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'])
    cpSync(join(root, 'node_modules', 'swagger-ui-dist', file), join(fresh, 'swagger-ui', file));
  cpSync(join(root, 'src', 'web', 'pages', 'files'), join(fresh, 'pages'), { recursive: true });
}

/** A name for this build, and what each part is made of, for those who ask what a command loads. */
function describeParts(metafiles) {
  const hash = createHash('sha256');
  for (const name of readdirSync(fresh).sort()) hash.update(readFileSync(join(fresh, name)));
  writeFileSync(join(fresh, 'build'), hash.digest('hex').slice(0, 16));
  const outputs = metafiles.flatMap((metafile) => Object.entries(metafile.outputs));
  const parts = outputs.map(([path, { inputs }]) => [
    basename(path),
    Object.keys(inputs).filter((name) => !name.startsWith('left-out:')),
  ]);
  writeFileSync(join(fresh, 'parts.json'), JSON.stringify(Object.fromEntries(parts)));
}

/**
 * A program that runs from dist/ meanwhile finds its parts until the new ones lie there; then the old ones go.
 * Without the build's name, which comes last, none that starts in between uses or keeps compiled code.
 */
function replace() {
  rmSync(join(dist, 'build'), { force: true });
  cpSync(fresh, dist, { recursive: true, filter: (path) => path !== join(fresh, 'build') });
  cpSync(join(fresh, 'build'), join(dist, 'build'));
  const kept = new Set(readdirSync(fresh, { recursive: true }));
  for (const name of readdirSync(dist, { recursive: true }))
    if (!kept.has(name) && existsSync(join(dist, name))) rmSync(join(dist, name), { recursive: true });
  rmSync(fresh, { recursive: true, force: true });
}

/** Runs what people and tests run most, so that its compiled code lies ready. */
async function warm() {
  const env = await sampleHome();
  const reads = [
    'status',
    'jobs',
    'jobs show 1',
    'posts',
    'videos',
    'accounts',
    'rule list',
    'limits',
    'audit',
    'analytics',
  ];
  const looks = reads.flatMap((line) => [line, `${line} --json`]);
  for (const line of ['--help', 'sync', 'config list', 'version', 'completion bash', ...looks])
    execFileSync(process.execPath, [join(root, 'bin', 'repost'), ...line.split(' ')], {
      env: { ...env, REPOST_KEEP_CODE: '1' },
      stdio: 'pipe',
    });
  rmSync(env.HOME, { recursive: true, force: true });
}

/** The environment of a home in which the commands have something to show. */
async function sampleHome() {
  const home = mkdtempSync(join(tmpdir(), 'repost-build-'));
  writeFileSync(join(home, 'vault-key'), randomBytes(32), { mode: 0o600 });
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    REPOST_HOME: home,
    REPOST_VAULT: 'file',
    CREDENTIALS_DIRECTORY: home,
    REPOST_NO_INPUT: '1',
  };
  await createRequire(import.meta.url)(join(dist, 'sample.js')).fillSample(env);
  return env;
}

const bundles = [await split(), await whole()];
await asScripts(bundles.flatMap(({ outputFiles }) => outputFiles));
describeParts(bundles.map(({ metafile }) => metafile));
await furnish();
replace();
await warm();
