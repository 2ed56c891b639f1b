/*
 * A helper as a user would write one for the command vault: a file for each name, in the folder HELPER_DIR.
 * HELPER_MOOD makes it behave badly, as helpers do.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const mood = process.env.HELPER_MOOD;
const input = readFileSync(0, 'utf8');
if (process.env.HELPER_LOG)
  writeFileSync(process.env.HELPER_LOG, JSON.stringify({ argv: process.argv, pid: process.pid }));
if (mood === 'locked') process.exit(2);
if (mood === 'broken') {
  process.stderr.write(`could not handle ${input}\n`);
  process.exit(1);
}
if (mood === 'chatty') process.stdout.write('Welcome to the store!\n');
if (mood === 'hangs') setInterval(() => undefined, 1000);
else if (mood === 'huge') process.stdout.write('x'.repeat(5_000_000));
else {
  const { name, value } = JSON.parse(input);
  const path = join(process.env.HELPER_DIR, createHash('sha256').update(name).digest('hex'));
  const verb = process.argv.at(-1);
  if (verb === 'store') writeFileSync(path, value);
  else if (verb === 'erase') rmSync(path, { force: true });
  else if (!existsSync(path)) process.stdout.write('{}');
  else {
    const kept = readFileSync(path, 'utf8');
    process.stdout.write(JSON.stringify({ value: mood === 'trims' ? kept.trim() : kept }));
  }
}
