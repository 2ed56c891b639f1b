import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { fileVault } from '../../src/vault/file.ts';
import { parseFile } from '../../src/vault/file-format.ts';
import type { Gate } from '../gate.ts';
import { addFrom, addFromQuery, addMark, type Marks } from './canary-marks.ts';
import { echoOf, openEchoingSink, openMail, watchArguments } from './canary-services.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { type Ended, runRepost } from './run.ts';

export const PHRASE = 'c4nary "phrase" of+a/backup \\ & more';
export const marked = (name: string) => `c4nary-${name}-Zm9vYmFy-secret`;
/** Passwords may hold anything: these characters change in JSON, in addresses and in pages. */
export const PASSWORD = 'c4nary"pass\\word+/&=of mail';

/** Hosts that alerts go to, all of them one server here. */
const services = ['hooks.slack.com', 'discord.com', 'ntfy.sh', 'alerts.example.com'];

/** A home whose every word is kept, beside services that see every secret that they are shown. */
export interface CanaryStage extends CliHome {
  marks: Marks;
  /** Where marks are looked for: a name and what was said there. */
  places: Map<string, string>;
  say(place: string, text: string): void;
  /** Statuses with which every platform and service answers from now on, echoing what it was sent. */
  echo: { statuses: readonly number[]; heardBy: Set<string> };
  /** Called at each request to a platform, before it is answered. */
  onRequest: ((request: SimRequest, platform: string) => void) | undefined;
  /** Requests that services of alerts got. */
  alerts: { path: string; text: string }[];
  mails: { port: number; passwords: string[] };
  /** Runs a command to its end, whatever that is. */
  run(args: readonly string[], stdin?: string, env?: NodeJS.ProcessEnv): Promise<Ended>;
  /** Starts one that a test ends or that ends by itself. */
  start(
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): { child: ChildProcess; ended: Promise<{ code: number | null; text: string }> };
  /** A file that a person made for the program to read: it holds a secret by design. */
  give(name: string, text: string): string;
  /** Keeps every file that is there now. */
  snapshot(when: string): void;
  /** What the vault holds now becomes marks. */
  markVault(): Promise<void>;
  stop(): Promise<void>;
}

export async function openCanaryStage(): Promise<CanaryStage> {
  const marks: Marks = new Map([
    [PHRASE, 'the passphrase'],
    [PASSWORD, 'the password of the mail server'],
  ]);
  const places: CanaryStage['places'] = new Map();
  const say: CanaryStage['say'] = (place, text) =>
    void places.set(place, `${places.get(place) ?? ''}${text}\n`);
  const echo: CanaryStage['echo'] = { statuses: [], heardBy: new Set() };
  let turn = 0;
  const nextStatus = () => {
    const { statuses } = echo;
    turn += 1;
    return statuses[turn % statuses.length];
  };

  const alerts: CanaryStage['alerts'] = [];
  const gate: Gate = async (request, platform, answer) => {
    stage.onRequest?.(request, platform);
    const text = request.body.length < 20_000 ? request.body.toString('latin1') : '';
    const [, token = ''] =
      /^(?:Bearer|Basic|DPoP|OAuth) (\S+)$/iu.exec(request.headers['authorization'] ?? '') ?? [];
    addMark(marks, token, `authorization of ${platform}`);
    addFrom(marks, text, `requests to ${platform}`);
    addFromQuery(marks, request.query, platform);
    // The source goes on, so that there is something to publish.
    const status = request.path.includes('/video/list') ? undefined : nextStatus();
    if (status !== undefined) {
      echo.heardBy.add(platform);
      const address = `${request.origin}${request.path}?${request.query}`;
      return { status, body: echoOf({ headers: request.headers, text, address }) };
    }
    // The bot that publishes also tells what is wrong.
    if (/\/sendMessage$/iu.test(request.path)) alerts.push({ path: '/telegram', text });
    const answered = await answer();
    const { body = '', headers = {} } = answered;
    if (!Buffer.isBuffer(body))
      addFrom(marks, typeof body === 'string' ? body : JSON.stringify(body), `answers of ${platform}`);
    for (const [name, value] of Object.entries(headers))
      if (name.toLowerCase() === 'location' && URL.canParse(value))
        addFromQuery(marks, new URL(value).searchParams, platform);
    return answered;
  };

  const home = await openCliHome({
    gate,
    env: { REPOST_HTTP: '127.0.0.1:0', REPOST_LOG_LEVEL: 'debug', REPOST_DEBUG: '1' },
  });
  const temporary = join(home.dir, 'tmp');
  for (const folder of ['tmp', 'given', 'bin']) mkdirSync(join(home.dir, folder));
  home.env['TMPDIR'] = temporary;
  home.env['REPOST_BACKUP_PASSPHRASE'] = PHRASE;
  home.env['PATH'] = `${join(home.dir, 'bin')}:${home.env['PATH']}`;
  // A desktop of sorts: what is shown on it can be read.
  const shown = join(home.dir, 'shown-on-the-desktop');
  writeFileSync(join(home.dir, 'bin/notify-send'), `#!/bin/sh\nprintf '%s\\n' "$@" >>'${shown}'\n`, {
    mode: 0o755,
  });

  const sink = await openEchoingSink(alerts, nextStatus);
  const sinks = Object.fromEntries(
    services.map((host) => [`https://${host}`, `http://127.0.0.1:${(sink.address() as AddressInfo).port}`]),
  );
  writeFileSync(join(home.dir, 'origins.json'), JSON.stringify({ ...home.server.origins, ...sinks }));
  const children = new Set<ChildProcess>();
  const passwords: string[] = [];
  const mail = await openMail(passwords, (text) => say('a mail', text));
  const arguments_ = watchArguments(home.dir, (text) => say('the arguments of a process', text));

  const stage: CanaryStage = {
    ...home,
    marks,
    places,
    say,
    echo,
    onRequest: undefined,
    alerts,
    mails: { port: (mail.server.address() as AddressInfo).port, passwords },
    async run(args, stdin = '', env = {}) {
      const ended = await runRepost({ ...home.env, ...env }, args, { stdin });
      say(`repost ${args.join(' ')}`, `${ended.stdout}\n${ended.stderr}`);
      return ended;
    },
    start(args, env = {}) {
      const child = spawn(process.execPath, [entry, ...args], {
        cwd: temporary,
        env: { ...home.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.add(child);
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
      const ended = new Promise<{ code: number | null; text: string }>((resolve) =>
        child.once('close', (code) => {
          say(`repost ${args.join(' ')}`, text);
          resolve({ code, text });
        }),
      );
      return { child, ended };
    },
    give(name, text) {
      const path = join(home.dir, 'given', name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
    snapshot(when) {
      for (const file of filesBelow(home.dir)) {
        const place = file.slice(home.dir.length + 1);
        // What a person made: the key of the vault, videos, secrets to be read.
        if (/^(vault-key$|originals\/|given\/|bin\/)/u.test(place)) continue;
        const text = `${place}\n${readFileSync(file, 'latin1')}`;
        if (![...places.values()].includes(text)) places.set(`${place}, ${when}`, text);
      }
    },
    async markVault() {
      const path = join(home.env['REPOST_HOME'] ?? '', 'data/vault.json');
      const vault = fileVault({ env: home.env, clock: systemClock, path });
      for (const name of parseFile(readFileSync(path, 'utf8'), path).entries.keys()) {
        const read = await vault.read(name);
        if (read.state !== 'found') continue;
        if (name.startsWith('grant/')) addFrom(marks, read.value, name);
        else if (!read.value.startsWith('{')) addMark(marks, read.value, name);
      }
    },
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      arguments_.stop();
      sink.closeAllConnections();
      await new Promise((resolve) => sink.close(resolve));
      await new Promise<void>((resolve) => mail.close(() => resolve()));
      await home.close();
    },
  };
  return stage;
}

export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
