import { MINUTE, SECOND } from '../../core/clock.ts';
import { asFailure } from '../../core/failure.ts';
import type { Service } from '../../core/platform.ts';
import type { App } from '../app.ts';
import type { Check } from '../app-check.ts';
import { spanText } from '../table.ts';
import { pass } from './checks.ts';

/** A date has whole seconds, and an answer takes its time. */
const GOOD_CLOCK_MS = 5 * SECOND;
/** Signatures and one-time proofs are refused beyond a few minutes. */
const BAD_CLOCK_MS = 2 * MINUTE;
const PATIENCE_MS = 10 * SECOND;

interface Answer {
  service: Service;
  host: string;
  /** By how much this clock is ahead of theirs; undefined where the answer had no date. */
  aheadMs?: number;
  error?: string;
}

/** Is there a way to each platform, and does this machine's clock agree with theirs? */
export async function checkNetwork(app: App, services: readonly Service[]): Promise<Check[]> {
  if (services.length === 0) return [];
  const answers = await Promise.all(services.map((service) => ask(app, service)));
  const silent = answers.filter(({ error }) => error !== undefined);
  const checks: Check[] = silent.map(({ service, host, error }) => ({
    result: 'FAIL',
    title: `${service.name} can’t be reached at ${host}`,
    hint: `${error} ${
      silent.length === answers.length
        ? 'No platform answers: look at this machine’s network, its name server, and HTTPS_PROXY.'
        : 'The others answer: a filter on the way, or the platform is down.'
    }`,
  }));
  if (silent.length < answers.length)
    checks.push(pass(`${answers.length - silent.length} of ${answers.length} platforms can be reached`));
  return [...checks, ...clockChecks(answers)];
}

async function ask(app: App, service: Service): Promise<Answer> {
  const url = new URL(service.origins[0] ?? 'https://invalid.invalid');
  const known = { service, host: url.host };
  const sentAt = app.clock.now();
  try {
    const { transport } = await app.net();
    const { headers } = await transport.send({
      method: 'GET',
      url: url.href,
      headers: {},
      timeoutMs: PATIENCE_MS,
    });
    const theirs = Date.parse(headers['date'] ?? '');
    if (Number.isNaN(theirs)) return known;
    // Their date was cut to whole seconds somewhere between the two instants.
    const ours = (sentAt + app.clock.now()) / 2;
    return { ...known, aheadMs: ours - (theirs + SECOND / 2) };
  } catch (error) {
    return { ...known, error: asFailure(error).message };
  }
}

/** The middle one of what the platforms say: one of them may be wrong itself. */
export function clockChecks(answers: readonly Pick<Answer, 'aheadMs'>[]): Check[] {
  const all = answers
    .flatMap(({ aheadMs }) => (aheadMs === undefined ? [] : [aheadMs]))
    .sort((a, b) => a - b);
  const ahead = all[Math.floor((all.length - 1) / 2)];
  if (ahead === undefined) return [];
  const off = Math.abs(ahead);
  if (off <= GOOD_CLOCK_MS) return [pass('this machine’s clock agrees with the platforms’')];
  return [
    {
      result: off > BAD_CLOCK_MS ? 'FAIL' : 'WARN',
      title: `this machine’s clock is ${spanText(off)} ${ahead > 0 ? 'ahead' : 'behind'}`,
      hint: 'Limits, windows and signatures go by it: sudo timedatectl set-ntp true',
    },
  ];
}
