import type { MetaQuirks } from './meta-quirks.ts';

/** Usage headers, which appear only once there is something to tell. */
export function usageHeaders(quirks: MetaQuirks, owner: string | undefined): Record<string, string> {
  const { usagePercent, usageMinutes, usageError } = quirks;
  if (usagePercent === 0) return {};
  const app = { call_count: usagePercent, total_time: 25, total_cputime: 25 };
  const type = usageError === '80001' ? 'pages' : 'instagram';
  const regain = usagePercent >= 100 ? usageMinutes : 0;
  const entry = {
    type,
    call_count: usagePercent,
    total_cputime: 20,
    total_time: 20,
    estimated_time_to_regain_access: regain,
  };
  const appHeader =
    usageError === '80001' || usageError === '80002' ? {} : { 'x-app-usage': JSON.stringify(app) };
  return {
    ...appHeader,
    'x-business-use-case-usage': JSON.stringify({ [owner ?? '0']: [entry] }),
  };
}
