import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSaidKey, type SaidKey, saidWords } from './changes.ts';
import type { Said } from './shell.ts';

const cookie = 'repost_said';

/** Says on the next page what was done. Only a word of ours and a number travel: nothing that others could write. */
export function say(reply: FastifyReply, key: SaidKey, n: number): void {
  reply.header('set-cookie', `${cookie}=${key}.${n}; Path=/; HttpOnly; SameSite=Strict; Max-Age=20`);
}

export function said(request: FastifyRequest): Said | undefined {
  const [, key = '', n = ''] =
    /(?:^|;\s*)repost_said=(\w+)\.(\d{1,6})(?:;|$)/u.exec(request.headers.cookie ?? '') ?? [];
  return isSaidKey(key) ? { tone: 'good', text: saidWords[key](Number(n)) } : undefined;
}

export function forget(reply: FastifyReply): void {
  reply.header('set-cookie', `${cookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
}
