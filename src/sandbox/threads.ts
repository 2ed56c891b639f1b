import { Refusal } from './meta-graph.ts';
import { createThreadsApi } from './threads-api.ts';
import { createThreadsContainers } from './threads-container.ts';
import { createThreadsLogin } from './threads-login.ts';
import { setThreadsQuirks, usualThreadsQuirks } from './threads-quirks.ts';
import type { SimRequest, SimResponse, SimulatorFactory } from './types.ts';

const loginOrigins = [
  'https://threads.net',
  'https://www.threads.net',
  'https://threads.com',
  'https://www.threads.com',
];
const apiOrigins = ['https://graph.threads.net', 'https://graph.threads.com'];

/** Simulated Threads. It takes no bytes: its crawler fetches from the addresses that it is given. */
export const createThreads: SimulatorFactory = (world) => {
  const quirks = structuredClone(usualThreadsQuirks);
  const login = createThreadsLogin(world, quirks);
  const containers = createThreadsContainers(world, quirks);
  const api = createThreadsApi(world, quirks, login, containers);

  async function route(request: SimRequest): Promise<SimResponse> {
    if (!request.complete) return { status: 400 };
    if (loginOrigins.includes(request.origin)) return login.dialog(request);
    const path = request.path.replace(/^\/v\d+\.\d+(?=\/)/u, '').replace(/\/$/u, '');
    return login.call(request, path) ?? (await api.call(request, path));
  }

  return {
    platform: 'threads',
    origins: [...loginOrigins, ...apiOrigins],
    async handle(request) {
      const { usagePercent } = quirks;
      const usage = { call_count: usagePercent, total_time: 20, total_cputime: 20 };
      const headers = usagePercent > 0 ? { 'x-app-usage': JSON.stringify(usage) } : {};
      try {
        const answer = await route(request);
        return { ...answer, headers: { ...headers, ...answer.headers } };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { ...error.response, headers: { ...headers, ...error.response.headers } };
      }
    },
    posts: () => api.posts(),
    controls: {
      /** Sets quirks by name; gives all of them. */
      quirks: (input) => setThreadsQuirks(quirks, input),
      /** What the account’s person posts in the app: `{account: '@creator', text: '…', at?, type?: 'TEXT_POST'}`. */
      post: (input) => api.post(input),
      /** Ends tokens as a changed password does. */
      revoke: () =>
        login.tokens.dropWhere((holder) => {
          holder.revoked = true;
          return false;
        }),
      /** Lets tokens reach their end. */
      expire: () => ({ ended: login.tokens.expireWhere(() => true) }),
    },
  };
};
