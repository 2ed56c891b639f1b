// Loads the parts of dist/ from code that V8 compiled before: compiling is most of what a start costs. Where
// there is none that this Node takes, everything works all the same, and code is kept at the end for the next time.
'use strict';
const { isAscii } = require('node:buffer');
const fs = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');

const { env } = process;
const dist = path.join(__dirname, '..', 'dist');
// V8 takes code only from the same version with the same flags, but of a source it compares no more than the
// length: so that none is taken for another build's, whatever is kept lies under the name of its own.
const words = [...process.execArgv, ...(env.NODE_OPTIONS ?? '').split(' ')];
const flags = words.filter((word) => /^--[\w-]+(=\d+)?$/u.test(word)).map((word) => `-${word.slice(2)}`);
const mark = `${process.version}-${process.arch}${flags.join('').slice(0, 100)}`;
const build = buildName();
const beside = build && path.join(dist, 'code', build, mark);

const parts = new Map();
let place;
/** Whether anything is to be kept at the end. */
let keeps = false;

/** The exports of a part of dist/. The less code is kept for it the better: for each `use` only what that one runs. */
function load(name, use) {
  const known = parts.get(name);
  if (known) return known.exports;
  const part = { exports: {}, script: undefined, compiled: false, code: use ? `${name}.${use}` : name };
  parts.set(name, part);
  const file = path.join(dist, name);
  const source = textOf(file);
  const cachedData = codeOf(part.code);
  part.script = new Script(source, { filename: file, cachedData });
  part.compiled = cachedData !== undefined && !part.script.cachedDataRejected && !env.REPOST_KEEP_CODE;
  if (!part.compiled && !keeps) process.once('exit', keepFresh);
  keeps ||= !part.compiled;
  part.script.runInThisContext().call(part.exports, part.exports, requireFrom, part, file, dist);
  return part.exports;
}

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n});';

let room = Buffer.alloc(0);

/**
 * The bytes of a file, between others: good until the next are read. Each into the same memory, because what is touched
 * for the first time is dear, and the text into its wrapper, because a copy would be one more.
 */
function bytesOf(file, head = '', tail = '') {
  const handle = fs.openSync(file);
  const { size } = fs.fstatSync(handle);
  const length = head.length + size + tail.length;
  if (room.length < length) room = Buffer.allocUnsafeSlow(Math.max(length, 512 * 1024));
  room.latin1Write(head);
  const read = fs.readSync(handle, room, head.length, size, 0);
  fs.closeSync(handle);
  room.latin1Write(tail, head.length + read);
  return room.subarray(0, head.length + read + tail.length);
}

/** esbuild writes ASCII, but for templates with a tag: their text must stay as it is. */
function textOf(file) {
  const bytes = bytesOf(file, HEAD, TAIL);
  return isAscii(bytes) ? bytes.latin1Slice() : bytes.utf8Slice();
}

function requireFrom(name) {
  return name.startsWith('./') ? load(name.slice(2)) : require(name);
}
requireFrom.resolve = require.resolve;

/** None while another build is put in place. */
function buildName() {
  try {
    return fs.readFileSync(path.join(dist, 'build'), 'latin1');
  } catch {
    return undefined;
  }
}

function codeOf(code) {
  if (!build) return undefined;
  try {
    place ??= fs.existsSync(beside) ? beside : ownPlace();
    return bytesOf(path.join(place, code));
  } catch {
    return undefined;
  }
}

/** Where dist/ belongs to somebody else: among the user’s caches. */
function ownPlace() {
  const own = env.REPOST_HOME ? path.join(env.REPOST_HOME, 'cache') : path.join(userCaches(), 'repost');
  return path.join(own, 'code', build, mark);
}

function userCaches() {
  const home = env.HOME || require('node:os').homedir();
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches');
  return env.XDG_CACHE_HOME || path.join(home, '.cache');
}

/** Each file is whole at any moment; without room or rights, the next start is slow again, and that is all. */
function keep(folder, fresh) {
  try {
    if (fs.mkdirSync(folder, { recursive: true, mode: 0o700 })) sweep(path.dirname(path.dirname(folder)));
    for (const { script, code } of fresh) {
      const file = path.join(folder, `${code}.${process.pid}`);
      fs.writeFileSync(file, script.createCachedData());
      fs.renameSync(file, path.join(folder, code));
    }
    return true;
  } catch {
    return false;
  }
}

/** What was compiled of other builds is of no use any more. */
function sweep(code) {
  for (const name of fs.readdirSync(code))
    if (name !== build) fs.rmSync(path.join(code, name), { recursive: true, force: true });
}

function keepFresh() {
  // Another build took this one's place meanwhile, and nobody will ask for this one's code.
  if (!build || buildName() !== build) return;
  const fresh = [...parts.values()].filter(({ script, compiled }) => script && !compiled);
  if (!keep(beside, fresh) && place !== undefined && place !== beside) keep(place, fresh);
}

module.exports = { load, loaded: () => [...parts.keys()] };
