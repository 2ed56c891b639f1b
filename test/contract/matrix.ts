import type { Platform, Run } from '../../src/core/platform.ts';
import type { Transport } from '../../src/net/wire.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { sandboxTransport } from '../platforms/in-process.ts';
import { breachesOf, drive, startLife } from './home.ts';
import { Crash, mortality } from './mortal.ts';
import { type ContractOptions, faults, nameOf, worldFor } from './platform.ts';

/** What befalls a request in the matrix: a fault of the suite, or the end of the process when it was answered. */
export interface Trouble {
  name: string;
  action: FaultAction | 'kill';
}

export const troubles: readonly Trouble[] = [
  { name: 'killed', action: 'kill' },
  ...faults.map((action) => ({ name: nameOf(action), action })),
];

/** One row: what comes of each trouble at the requests of one phase of a publish. */
export interface MatrixRow {
  platform: string;
  phase: string;
  /** Requests that the phase makes in an untroubled publish. */
  requests: number;
  /** By the trouble's name. */
  outcomes: Readonly<Record<string, string>>;
}

/** The phase at each request of an untroubled publish: the step or commit at work, or what comes before. */
export async function phasesOf(platform: Platform, options: ContractOptions): Promise<string[]> {
  let phase = 'before the upload';
  const named: Platform = {
    ...platform,
    publish: (request) => platform.publish({ ...request, run: told(request.run, (now) => (phase = now)) }),
  };
  const { world, jobId } = await worldFor({ platform: named, options });
  const inner = sandboxTransport(world.sandbox);
  const phases: string[] = [];
  const transport = {
    ...inner,
    send: (request: Parameters<typeof inner.send>[0]) => {
      phases.push(phase);
      return inner.send(request);
    },
  };
  await drive(world, await startLife(world, { platform: named, transport }));
  const job = await world.store.jobs.get(jobId);
  await world.store.close();
  if (job?.state !== 'published') throw new Error(`${platform.name}: ${job?.state} without any trouble`);
  return phases;
}

/** The run, telling which step is at work. */
function told(run: Run, tell: (phase: string) => void): Run {
  return {
    jobId: run.jobId,
    doneAt: run.doneAt,
    step: (name, work, options) =>
      run.step(
        name,
        () => {
          tell(name);
          return work();
        },
        options,
      ),
    commit: (name, call) =>
      run.commit(name, {
        ...call,
        act: () => {
          tell(`**${name}**`);
          return call.act();
        },
      }),
  };
}

/** What comes of one trouble at the n-th request of a publish, in words. Throws where a promise is broken. */
export async function outcomeAt(
  platform: Platform,
  options: ContractOptions,
  trouble: Trouble,
  nth: number,
): Promise<string> {
  const { world, jobId } = await worldFor({ platform, options });
  if (trouble.action === 'kill') {
    const life = mortality(Number.POSITIVE_INFINITY);
    const whole = life.transport(sandboxTransport(world.sandbox));
    let answered = 0;
    const transport: Transport = {
      ...whole,
      async send(request) {
        const answer = await whole.send(request);
        answered += 1;
        if (answered !== nth) return answer;
        life.dead = true;
        throw new Crash(`died at request ${nth}`);
      },
    };
    const { engine } = await startLife(world, { platform, transport, store: life.store(world.store) });
    const pump = () => (life.dead ? Promise.reject(new Error('dead')) : engine.pump());
    await drive(world, { engine: { ...engine, pump } }).catch(() => undefined);
    await engine.idle();
  } else world.sandbox.faults.add({ nth, times: 1, action: trouble.action });
  const last = await startLife(world, { platform });
  await last.engine.recover();
  await drive(world, last);
  const job = await world.store.jobs.get(jobId);
  const posts = world.sandbox.posts().filter((post) => post.platform === platform.id).length;
  const breaches = await breachesOf(world, platform, [jobId]);
  await world.store.close();
  if (breaches.length > 0) throw new Error(`${trouble.name} at request ${nth}: ${breaches.join('; ')}`);
  if (job?.state === 'published') return '1 post';
  if (job?.state === 'waiting') return `waits (${job.reason})`;
  return `${job?.state}, ${posts} post${posts === 1 ? '' : 's'}`;
}

/** All rows of one platform. */
export async function matrixOf(platform: Platform, options: ContractOptions): Promise<MatrixRow[]> {
  const phases = await phasesOf(platform, options);
  const rows = new Map<string, { requests: number; seen: Record<string, Set<string>> }>();
  for (const [index, phase] of phases.entries()) {
    const row = rows.get(phase) ?? { requests: 0, seen: {} };
    rows.set(phase, row);
    row.requests += 1;
    for (const trouble of troubles) {
      row.seen[trouble.name] ??= new Set();
      row.seen[trouble.name]?.add(await outcomeAt(platform, options, trouble, index + 1));
    }
  }
  return [...rows].map(([phase, { requests, seen }]) => ({
    platform: platform.name,
    phase,
    requests,
    outcomes: Object.fromEntries(
      Object.entries(seen).map(([name, outcomes]) => [name, [...outcomes].sort().join(' or ')]),
    ),
  }));
}

const begin = '<!-- matrix: made by `npm run matrix` -->';
const end = '<!-- end of the matrix -->';

/** The rows as a table, with the headings that name every trouble. */
export function tableOf(rows: readonly MatrixRow[]): string {
  const names = troubles.map(({ name }) => name);
  return [
    `| platform | phase (requests) | ${names.join(' | ')} |`,
    `|${'---|'.repeat(names.length + 2)}`,
    ...rows.map(
      ({ platform, phase, requests, outcomes }) =>
        `| ${platform} | ${phase} (${requests}) | ${names.map((name) => outcomes[name]).join(' | ')} |`,
    ),
  ].join('\n');
}

/** The table in a document, or undefined where it has none. */
export function tableIn(document: string): string | undefined {
  const [, after] = document.split(begin);
  return after?.split(end)[0]?.trim();
}

/** The document with this table in the place of the one it has. */
export function withTable(document: string, table: string): string {
  const [before, after] = document.split(begin);
  if (after === undefined) throw new Error(`the document has no line ${begin}`);
  return `${before}${begin}\n\n${table}\n\n${end}${after.split(end)[1] ?? ''}`;
}
