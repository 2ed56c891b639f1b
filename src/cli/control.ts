import { createHash } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codes, type ErrorCode } from '../core/codes.ts';
import { Failure } from '../core/failure.ts';
import { osUserId } from './os-user.ts';
import { makeFolder, type Paths } from './paths.ts';

/** What a running daemon says of itself on its control socket. */
export interface DaemonStatus {
  schemaVersion: number;
  state: 'running' | 'paused' | 'draining';
  pid: number;
  version: string;
  startedAt: string;
  pausedAt: string | null;
  /** Jobs under way; bytes of an upload where one is. */
  running: { job: number; account: string; done: number | null; total: number | null }[];
  /** When something comes due next. */
  nextDueAt: string | null;
}

export type ControlVerb = 'status' | 'pause' | 'resume' | 'poll' | 'drain' | 'reload';

/** The kernel takes 107 bytes on Linux and 103 on macOS (sun_path in unix(7)). */
const LONGEST_PATH_BYTES = 100;

/**
 * Where the daemon of this home listens. Only its owner can open it: the folder is closed to others, and so is
 * the socket. Where the home's path is too long for a socket, a folder of this user below the temporary one.
 */
export function controlPath(paths: Paths): string {
  const path = join(paths.state, 'control.sock');
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return path;
  const name = createHash('sha256').update(paths.state).digest('hex').slice(0, 16);
  return join(tmpdir(), `repost-${osUserId()}`, `${name}.sock`);
}

/** Makes the socket's folder. Throws E_HOME where somebody else was there first: it would be theirs to listen. */
export function makeControlFolder(paths: Paths): string {
  const path = controlPath(paths);
  const folder = join(path, '..');
  makeFolder(folder);
  const { uid, mode } = lstatSync(folder);
  const mine = uid === osUserId() && (mode & 0o022) === 0;
  if (folder === paths.state || mine) return path;
  throw new Failure('E_HOME', { message: `The folder ${folder} belongs to somebody else.` });
}

/** Longer than any answer but the one to `poll`, which asks the platforms. */
const PATIENCE_MS: Readonly<Record<ControlVerb, number>> = {
  status: 2_000,
  pause: 10_000,
  resume: 10_000,
  poll: 300_000,
  drain: 10_000,
  reload: 10_000,
};

/**
 * Asks the daemon of this home; undefined where none listens. Throws what the daemon answers with, and
 * E_NO_ANSWER where it does not answer in time.
 */
export async function askDaemon<T>(paths: Paths, verb: ControlVerb): Promise<T | undefined> {
  const socketPath = controlPath(paths);
  if (!existsSync(socketPath)) return undefined;
  const { request } = await import('node:http');
  const answer = await new Promise<{ status: number; text: string } | undefined>((resolve, reject) => {
    const asking = request({
      socketPath,
      path: `/${verb}`,
      method: verb === 'status' ? 'GET' : 'POST',
      // One question, one connection: nothing to keep the process alive afterwards.
      agent: false,
      signal: AbortSignal.timeout(PATIENCE_MS[verb]),
    });
    asking.on('error', (error: NodeJS.ErrnoException) => {
      // A socket that a killed daemon left behind refuses.
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined);
      else reject(silent(error));
    });
    asking.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', (error) => reject(silent(error)));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
    });
    asking.end();
  });
  return answer && read<T>(answer);
}

function read<T>({ status, text }: { status: number; text: string }): T {
  const body = JSON.parse(text) as T & { error?: { code: string; message: string; command?: string } };
  if (status === 200) return body;
  const { code = '', message = `The daemon answered ${status}.`, command } = body.error ?? {};
  throw new Failure(Object.hasOwn(codes, code) ? (code as ErrorCode) : 'E_INTERNAL', {
    message,
    ...(command ? { command } : {}),
  });
}

function silent(cause: unknown): Failure {
  return new Failure('E_NO_ANSWER', {
    message: 'The daemon does not answer on its control socket.',
    hint: 'It may hang, or belong to another user of this machine.',
    command: 'repost doctor',
    cause,
  });
}
