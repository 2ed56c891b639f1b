import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { expect } from 'vitest';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { operationsOf } from '../web/operations.ts';
import { addMark } from './canary-marks.ts';
import type { CanaryStage } from './canary-stage.ts';

/**
 * They listen, wait for a person, change this machine, show a secret because that is what they are for, or end
 * the daemon: the story below tells them apart, or tests of their own do.
 */
const apart =
  /^(daemon .*|sync|sandbox|demo|dashboard|service (install|uninstall|run|logs)|login|restore|host (remove|set .*)|init|mcp|token add|jobs approve-link|logout|import|completion)$/u;

/** Every command that shows something and ends by itself; test/cli/canary.test.ts goes through those that change. */
export function everyShowing(): string[][] {
  const stream = new PassThrough().resume();
  const io = { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} };
  const pathOf = (command: Command): string[] =>
    command.parent ? [...pathOf(command.parent as Command), command.name()] : [];
  return allCommands(buildProgram({ io, exit: () => undefined })).flatMap((command) => {
    const path = pathOf(command);
    const [argument] = command.registeredArguments;
    const shows = !argument?.required || /^(show|check|test|get|explain)$/u.test(path.at(-1) ?? '');
    if (command.commands.length > 0 || apart.test(path.join(' ')) || !shows) return [];
    const example = /^account/u.test(argument?.name() ?? '') ? 'x:@creator' : '1';
    return [[...path, ...(argument?.required ? [example] : []), '--json', '--no-input']];
  });
}

/** Several at a time, as people and scripts do. */
export async function runAll(stage: CanaryStage, commands: readonly string[][]): Promise<void> {
  const left = [...commands];
  const work = async (): Promise<void> => {
    for (let args = left.shift(); args; args = left.shift()) await stage.run(args);
  };
  await Promise.all([work(), work(), work()]);
}

/** Every question that the API takes, and what it says to those who may not ask. */
export async function askApi(stage: CanaryStage, origin: string, token: string): Promise<void> {
  const ask = async (path: string, authorization = `Bearer ${token}`, init: RequestInit = {}) => {
    const answer = await fetch(`${origin}${path}`, { ...init, headers: { authorization, ...init.headers } });
    // A stream of events has no end.
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream');
    const text = isStream ? '' : await answer.text();
    if (isStream) await answer.body?.cancel();
    stage.say(`${init.method ?? 'GET'} ${path}`, `${JSON.stringify([...answer.headers])} ${text}`);
    return { status: answer.status, text };
  };
  const document = await ask('/docs/openapi.json');
  const operations = operationsOf(JSON.parse(document.text));
  expect(operations.length).toBeGreaterThan(20);
  for (const { method, path } of operations) {
    // What changes something is told to change what is not there: the story goes on.
    const filled = path.replaceAll(/\{\w+\}/gu, method === 'GET' ? '1' : '999');
    if (method === 'GET') await ask(filled);
    // What can’t be meant: refused, in words.
    else if (!/session|poll|drain|pause/u.test(path))
      await ask(filled, undefined, {
        method,
        body: JSON.stringify({ token, nonsense: true }),
        headers: { 'content-type': 'application/json' },
      });
  }
  for (const path of ['/metrics', '/livez', '/readyz', '/']) expect((await ask(path)).status).toBe(200);
  expect((await ask('/api/v1/status', `Bearer ${token}x`)).status).toBe(401);
}

/** Every page that can be reached from the first one, as the person at the machine. */
export async function walkPages(stage: CanaryStage, origin: string, code: string): Promise<void> {
  const answer = await fetch(`${origin}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  addMark(stage.marks, cookie.split('=')[1] ?? '', 'session of the dashboard');
  stage.say('the answer to a sign-in', await answer.text());
  const pages = new Set(['/']);
  for (const path of pages) {
    if (pages.size > 150) break;
    const page = await fetch(`${origin}${path}`, { headers: { cookie } });
    const text = await page.text();
    stage.say(`the page ${path}`, text);
    for (const [, link = ''] of text.matchAll(/(?:href|src)="(\/[^"#]*)"/gu))
      pages.add(link.replaceAll('&amp;', '&'));
  }
  expect(pages.size).toBeGreaterThan(20);
}
