import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentPath, agentState, agentText, installAgent, removeAgent } from '../../src/cli/launchd.ts';
import type { ServiceSpec } from '../../src/cli/service-spec.ts';
import { describeWith } from '../tools.ts';

/** Keys of launchd.plist(5) that repost may use, and the type of each: plistutil knows only the syntax. */
const keys: Readonly<Record<string, (value: unknown) => boolean>> = {
  Label: isText,
  ProgramArguments: (value) => Array.isArray(value) && value.every(isText),
  EnvironmentVariables: (value) => isDict(value) && Object.values(value).every(isText),
  RunAtLoad: isFlag,
  KeepAlive: (value) => isFlag(value) || (isDict(value) && Object.values(value).every(isFlag)),
  ThrottleInterval: Number.isInteger,
  ExitTimeOut: Number.isInteger,
  ProcessType: (value) => ['Background', 'Standard', 'Adaptive', 'Interactive'].includes(String(value)),
  Umask: Number.isInteger,
  HardResourceLimits: (value) => isDict(value) && Object.values(value).every(Number.isInteger),
  StandardOutPath: isText,
  StandardErrorPath: isText,
};

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

let dir: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'repost-launchd-'));
  env = { HOME: dir, PATH: process.env['PATH'], REPOST_HOME: join(dir, 'Müller & <Söhne>') };
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const spec = (): ServiceSpec => ({
  scope: 'user',
  node: '/opt/homebrew/bin/node',
  program: '/opt/homebrew/lib/node_modules/repost/bin/repost',
  environment: { REPOST_HOME: env['REPOST_HOME'] ?? '', PATH: '/opt/homebrew/bin:/usr/bin' },
  folders: [],
  drainMs: 600_000,
});

type Node = Record<string, unknown>;

/** One value of a property list, as fast-xml-parser gives it. */
function readNode(node: Node): unknown {
  const [tag = ''] = Object.keys(node);
  const children = node[tag] as Node[];
  const text = String(children[0]?.['#text'] ?? '');
  switch (tag) {
    case 'dict':
      return Object.fromEntries(
        children.flatMap((child, at) =>
          'key' in child
            ? [[String((child['key'] as Node[])[0]?.['#text']), readNode(children[at + 1] ?? {})]]
            : [],
        ),
      );
    case 'array':
      return children.map(readNode);
    case 'integer':
      return Number(text);
    case 'true':
    case 'false':
      return tag === 'true';
    default:
      return text;
  }
}

/** The agent’s text, through another program’s eyes and back. plistutil ends well whatever happens: the file tells. */
function readBack(text: string): Record<string, unknown> {
  const [from, binary, back] = ['a', 'b', 'c'].map((name) => join(dir, `${name}.plist`)) as [
    string,
    string,
    string,
  ];
  rmSync(binary, { force: true });
  writeFileSync(from, text);
  execFileSync('plistutil', ['-i', from, '-o', binary], { stdio: 'ignore' });
  if (!existsSync(binary) || readFileSync(binary).length === 0)
    throw new Error('plistutil could not read it');
  execFileSync('plistutil', ['-i', binary, '-o', back], { stdio: 'ignore' });
  const options = { preserveOrder: true, parseTagValue: false, ignoreDeclaration: true };
  const nodes = new XMLParser(options).parse(readFileSync(back, 'utf8')) as Node[];
  const [agent] = nodes.flatMap((node) => (node['plist'] as Node[] | undefined) ?? []);
  return readNode(agent ?? {}) as Record<string, unknown>;
}

describeWith({ plistutil: 'libplist-utils' }, 'the agent for launchd', () => {
  it('says what it means, whatever the paths are', () => {
    const agent = readBack(agentText(spec(), env));
    for (const [key, value] of Object.entries(agent)) expect(keys[key]?.(value), key).toBe(true);
    expect(agent).toMatchObject({
      Label: 'local.repost.daemon',
      ProgramArguments: [spec().node, spec().program, 'daemon'],
      KeepAlive: { SuccessfulExit: false },
      RunAtLoad: true,
      // 0077
      Umask: 63,
      ExitTimeOut: 620,
      EnvironmentVariables: { REPOST_HOME: env['REPOST_HOME'], REPOST_SERVICE: 'launchd' },
    });
  });

  it('would be seen to be broken', () => {
    expect(() => readBack(agentText(spec(), env).replaceAll('&amp;', '&'))).toThrow();
    const misspelt = readBack(agentText(spec(), env).replace('ThrottleInterval', 'ThrotleInterval'));
    expect(Object.keys(misspelt).every((key) => key in keys)).toBe(false);
  });
});

describe('launchctl', () => {
  /** Stands in for the Mac’s program: keeps what it is told, and knows the agent once it was started. */
  function standIn(): () => string[] {
    const bin = join(dir, 'bin');
    mkdirSync(bin);
    const log = join(dir, 'asked');
    const words =
      "echo \"$@\" >>'LOG'\ncase $1 in\nbootout) exit 3;;\nprint) printf '\\tstate = running\\n\\tpid = 4711\\n\\truns = 3\\n';;\nesac\n";
    writeFileSync(join(bin, 'launchctl'), `#!/bin/sh\n${words.replace('LOG', log)}`, { mode: 0o755 });
    env['PATH'] = `${bin}:${env['PATH']}`;
    return () => readFileSync(log, 'utf8').trim().split('\n');
  }

  it('is told to take the agent, by its person’s domain; an older one goes first', async () => {
    const asked = standIn();
    const path = await installAgent(spec(), env, true);
    expect(path).toBe(agentPath(env));
    expect(readFileSync(path, 'utf8')).toBe(agentText(spec(), env));
    const domain = `gui/${userInfo().uid}`;
    expect(asked()).toEqual([`bootout ${domain}/local.repost.daemon`, `bootstrap ${domain} ${path}`]);
    expect(await agentState(env)).toMatchObject({ active: 'active', pid: 4711, restarts: 2, enabled: true });
    expect(await removeAgent(env)).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(await removeAgent(env)).toBe(false);
  });
});
