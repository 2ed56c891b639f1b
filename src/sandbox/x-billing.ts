import { DAY } from '../core/clock.ts';
import type { World } from './types.ts';
import { problem, type Refusal } from './x-answers.ts';
import type { XQuirks } from './x-quirks.ts';

/** Prices in USD of 2026-04-20: https://docs.x.com/x-api/getting-started/pricing */
const usd = {
  post: 0.015,
  postWithLink: 0.2,
  deletion: 0.01,
  readPost: 0.005,
  readUser: 0.01,
  readOwn: 0.001,
} as const;

type Item = 'post' | 'postWithLink' | 'deletion' | 'readPost' | 'readUser';

export interface Billing {
  /** Throws where there is no money for one of these. */
  afford(item: Item): void;
  charge(item: Item, resource?: string): void;
  /** Throws while the cap is reached; asked at the token endpoint too. */
  checkCap(): void;
  setCredits(input: unknown): object;
  setCap(input: unknown): object;
  report(): object;
}

/** Prepaid credits, the owner's cap, and a counter for each kind. Money in thousandths of a US cent. */
export function createBilling(world: World, quirks: XQuirks): Billing {
  let credits = 10 * 100_000;
  let spent = 0;
  let cap: { at: number; resetDate: string } | undefined;
  const counts: Record<string, number> = {};
  const read = new Map<string, number>();

  const price = (item: Item) => {
    const own = quirks.ownsApp && (item === 'readPost' || item === 'readUser');
    return Math.round((own ? usd.readOwn : usd[item]) * 100_000);
  };
  const today = () => Math.floor(world.clock.now() / DAY);
  const capReached = () =>
    cap !== undefined && spent >= cap.at && world.clock.now() < Date.parse(`${cap.resetDate}T00:00:00Z`);

  return {
    afford(item) {
      if (capReached()) throw capProblem(quirks, cap?.resetDate ?? '');
      if (credits < price(item)) throw emptyProblem(quirks);
    },
    charge(item, resource) {
      if (resource !== undefined) {
        // The same thing read again on one day (UTC) costs nothing.
        if (read.get(resource) === today()) return;
        read.set(resource, today());
      }
      counts[item] = (counts[item] ?? 0) + 1;
      credits -= price(item);
      spent += price(item);
    },
    checkCap() {
      if (quirks.capAtToken && capReached()) throw capProblem(quirks, cap?.resetDate ?? '');
    },
    setCredits(input) {
      credits = Math.round(Number((input as { usd?: unknown } | undefined)?.usd ?? 0) * 100_000);
      return { usd: credits / 100_000 };
    },
    setCap(input) {
      const wish = (input ?? {}) as { usd?: unknown; resetDate?: unknown };
      cap =
        wish.usd === undefined || wish.usd === null
          ? undefined
          : { at: Math.round(Number(wish.usd) * 100_000), resetDate: String(wish.resetDate ?? '2100-01-01') };
      return { cap: cap ?? null };
    },
    report: () => ({ creditsUsd: credits / 100_000, spentUsd: spent / 100_000, counts: { ...counts } }),
  };
}

/** Ids of developer accounts are JSON numbers that no float holds: written by hand. */
const ENROLLED = '1800000000000000001';

function emptyProblem(quirks: XQuirks): Refusal {
  const refusal = problem(quirks, 402, {
    title: 'CreditsDepleted',
    detail: `Your enrolled account [${ENROLLED}] does not have any credits to fulfill this request.`,
    kind: 'credits',
  });
  const body = JSON.stringify(refusal.response.body).replace(/\}$/u, `,"account_id":${ENROLLED}}`);
  Object.assign(refusal.response, { body });
  return refusal;
}

function capProblem(quirks: XQuirks, resetDate: string): Refusal {
  return problem(quirks, 403, {
    title: 'SpendCapReached',
    detail: `Your enrolled account [${ENROLLED}] has reached its billing cycle spend cap. API requests will be blocked until the next cycle begins on ${resetDate}.`,
    kind: 'credits',
    extra: { reset_date: resetDate },
  });
}
