// Stands in for yt-dlp: takes exactly the options that the real one has, judges them, and then does what
// scenario.json in its folder says. Everything that it was called with goes to calls.jsonl.
// Options and outcomes: https://github.com/yt-dlp/yt-dlp (options.py, YoutubeDL.py, extractor/tiktok.py), tag 2026.08.19
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [home, ...argv] = process.argv.slice(2);
const scenario = JSON.parse(readFileSync(join(home, 'scenario.json'), 'utf8'));
appendFileSync(join(home, 'calls.jsonl'), `${JSON.stringify({ argv, env: process.env })}\n`);

/** Option → how many values it takes. */
const known = {
  '--ignore-config': 0,
  '--no-exec': 0,
  '--no-update': 0,
  '--no-cache-dir': 0,
  '--no-playlist': 0,
  '--no-progress': 0,
  '--no-warnings': 0,
  '--restrict-filenames': 0,
  '--force-overwrites': 0,
  '--version': 0,
  '--color': 1,
  '--socket-timeout': 1,
  '--retries': 1,
  '--extractor-retries': 1,
  '--limit-rate': 1,
  '--max-filesize': 1,
  '--cookies': 1,
  '--impersonate': 1,
  '--merge-output-format': 1,
  '--print': 1,
  '-S': 1,
  '-f': 1,
  '-o': 1,
  '-P': 1,
};

function usage(message) {
  process.stderr.write(`\nUsage: yt-dlp [OPTIONS] URL [URL...]\n\nyt-dlp: error: ${message}\n`);
  process.exit(2);
}

const options = {};
const urls = [];
for (let at = 0; at < argv.length; at += 1) {
  const word = argv[at];
  if (word === '--') {
    urls.push(...argv.slice(at + 1));
    break;
  }
  if (!word.startsWith('-')) {
    urls.push(word);
    continue;
  }
  const arity = word === '--color' && scenario.version < '2023.06.21' ? undefined : known[word];
  if (arity === undefined) usage(`no such option: ${word}`);
  options[word] = arity === 0 ? true : argv[at + 1];
  at += arity;
}
if (options['--version']) {
  process.stdout.write(`${scenario.version}\n`);
  process.exit(scenario.versionExit ?? 0);
}
if (urls.length === 0) usage('You must provide at least one URL.');
if (!options['--ignore-config']) usage('the person’s own configuration would have been read');

// A progress line in the way of the report, as some downloaders write it.
if (scenario.noise) process.stdout.write('[download]  43.3% of  292.99KiB at  84.68MiB/s ETA 00:00\n');
if (scenario.stderr) process.stderr.write(`${scenario.stderr}\n`);
if (options['--cookies']) {
  const cookies = readFileSync(options['--cookies'], 'utf8');
  writeFileSync(options['--cookies'], `${cookies}# rewritten at exit\n`);
}
if (options['--impersonate'] && !scenario.curlCffi) {
  process.stderr.write('Traceback (most recent call last):\n  File "/usr/bin/yt-dlp", line 8\n');
  process.stderr.write('yt_dlp.utils.YoutubeDLError: Impersonate target "chrome" is not available. See …\n');
  process.exit(1);
}
const path = join(options['-P'], options['-o'].replace('%(ext)s', scenario.ext ?? 'mp4'));
if (scenario.hang) {
  writeFileSync(`${path}.part`, 'half');
  const grandchild = spawn('sleep', ['1000'], { stdio: 'inherit' });
  writeFileSync(join(home, 'pids'), `${process.pid} ${grandchild.pid}`);
  setInterval(() => undefined, 1000);
} else if (scenario.exit) process.exitCode = scenario.exit;
else if (scenario.signal) process.kill(process.pid, scenario.signal);
else {
  if (scenario.part) writeFileSync(`${path}.part`, 'half');
  const content = join(home, 'content');
  if (existsSync(content)) {
    writeFileSync(path, readFileSync(content));
    const id = /\/video\/(\d+)$/.exec(urls[0])?.[1];
    const report = { id, ext: 'mp4', vcodec: 'h264', acodec: 'aac', filepath: path, ...scenario.report };
    process.stdout.write(scenario.stdout ?? `${JSON.stringify(report)}\n`);
  }
}
