// Loads the parts of dist/ from code that V8 compiled before: compiling is most of what a start costs. Where
// there is none that this Node takes, everything works all the same, and code is kept at the end for the next time.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');

const { env } = process;
const dist = path.join(__dirname, '..', 'dist');
// V8 takes code only from the same version with the same flags.
const flags = [...process.execArgv, env.NODE_OPTIONS ?? ''].join('_').replace(/[^\w=-]+/gu, '_');
const mark = `${process.version}-${process.arch}${flags && `-${flags.slice(0, 100)}`}`;
const beside = path.join(dist, 'code', mark);

const parts = new Map();
let place;

/** The exports of a part of dist/. */
function load(name) {
  const known = parts.get(name);
  if (known) return known.exports;
  const part = { exports: {}, script: undefined, compiled: false };
  parts.set(name, part);
  const file = path.join(dist, name);
  // esbuild writes ASCII, but for templates with a tag: their text must stay as it is.
  const body = fs.readFileSync(file, 'utf8');
  const cachedData = codeOf(name);
  const source = `(function (exports, require, module, __filename, __dirname) { ${body}\n});`;
  part.script = new Script(source, { filename: file, cachedData });
  part.compiled = cachedData !== undefined && !part.script.cachedDataRejected;
  part.script.runInThisContext().call(part.exports, part.exports, requireFrom, part, file, dist);
  return part.exports;
}

function requireFrom(name) {
  return name.startsWith('./') ? load(name.slice(2)) : require(name);
}

function codeOf(name) {
  try {
    place ??= fs.existsSync(beside) ? beside : ownPlace();
    return fs.readFileSync(path.join(place, name));
  } catch {
    return undefined;
  }
}

/** Where dist/ belongs to somebody else: among the user’s caches, apart for each build. */
function ownPlace() {
  const own = env.REPOST_HOME ? path.join(env.REPOST_HOME, 'cache') : path.join(userCaches(), 'repost');
  return path.join(own, 'code', fs.readFileSync(path.join(dist, 'build'), 'latin1'), mark);
}

function userCaches() {
  const home = env.HOME || require('node:os').homedir();
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches');
  return env.XDG_CACHE_HOME || path.join(home, '.cache');
}

/** Each file is whole at any moment; without room or rights, the next start is slow again, and that is all. */
function keep(folder, names) {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of names) {
      const fresh = path.join(folder, `${name}.${process.pid}`);
      fs.writeFileSync(fresh, parts.get(name).script.createCachedData());
      fs.renameSync(fresh, path.join(folder, name));
    }
    return true;
  } catch {
    return false;
  }
}

process.once('exit', () => {
  const fresh = [...parts].filter(
    ([, { script, compiled }]) => script && (!compiled || env.REPOST_KEEP_CODE),
  );
  const names = fresh.map(([name]) => name);
  if (names.length > 0 && !keep(beside, names) && place !== undefined && place !== beside) keep(place, names);
});

module.exports = { load, loaded: () => [...parts.keys()] };
