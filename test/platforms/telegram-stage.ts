import type { Account, Grant, Identity } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { Http } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { PublishRequest } from '../../src/core/platform.ts';
import type { TracedExchange } from '../../src/core/session.ts';
import { telegram } from '../../src/platforms/telegram.ts';
import { signIn } from '../../src/platforms/telegram-sign-in.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createTelegram, sandboxBotToken } from '../../src/sandbox/telegram.ts';
import type { TelegramQuirks } from '../../src/sandbox/telegram-quirks.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { keepAccount, sandboxApp, type World } from '../contract/home.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';
import { type DriveOptions, driveJob } from './memory-run.ts';
import { mediaFile, video } from './x-stage.ts';

/** The channel of the contract's world, by the sandbox's bot. */
export async function telegramAccount(world: World): Promise<Account> {
  const { sandbox, clock } = world;
  const http = inProcessPlainHttp(sandbox, telegram);
  const grant = await signIn.fromToken({
    http,
    app: undefined,
    clock,
    token: sandboxBotToken,
    handle: '@creator',
  });
  return keepAccount(world, telegram, grant, sandboxApp('telegram'));
}

type Job = Omit<PublishRequest, 'run' | 'clock' | 'progress'>;

/** The simulated Telegram with a bot that is signed in. */
export interface Stage {
  clock: TestClock;
  sandbox: Sandbox;
  /** All requests as they came. */
  requests: SimRequest[];
  traces: TracedExchange[];
  readings: LimitReading[];
  pull(lever: string, input?: unknown): Promise<unknown>;
  quirks(change: Partial<TelegramQuirks>): Promise<unknown>;
  login(
    handle?: string,
    token?: string,
    at?: string,
  ): Promise<{ grant: Grant; identities: Identity[]; http: Http }>;
  account(
    handle?: string,
    change?: Partial<Account>,
  ): Promise<{
    account: Account;
    http: Http;
    request(change?: Partial<Job>): Job;
    drive(options?: DriveOptions & { job?: Partial<Job> }): ReturnType<typeof driveJob>;
  }>;
}

export function openStage(): Stage {
  const clock = new TestClock();
  const made = createSandbox({ clock, seed: 7, simulators: [createTelegram] });
  const requests: SimRequest[] = [];
  const traces: TracedExchange[] = [];
  const readings: LimitReading[] = [];
  const sandbox: Sandbox = {
    ...made,
    dispatch: (request) => {
      requests.push(request);
      return made.dispatch(request);
    },
  };
  const plain = inProcessPlainHttp(sandbox, telegram);
  const stage: Stage = {
    clock,
    sandbox,
    requests,
    traces,
    readings,
    pull: (lever, input) => sandbox.control('telegram', lever, input),
    quirks: (change) => sandbox.control('telegram', 'quirks', change),
    async login(handle = '@creator', token = sandboxBotToken, at) {
      const asked = {
        http: plain,
        app: undefined,
        clock,
        token,
        handle,
        ...(at === undefined ? {} : { at }),
      };
      const grant = await signIn.fromToken(asked);
      const http = inProcessHttp(sandbox, {
        service: telegram,
        grant,
        trace: (exchange) => traces.push(exchange),
        learned: (more) => readings.push(...more),
      });
      return { grant, http, identities: await telegram.identities({ http, grant, app: undefined, clock }) };
    },
    async account(handle, change = {}) {
      const { http, identities } = await stage.login(handle);
      const account = { ...accountOf(identities[0]!), ...change };
      const request = (job: Partial<Job> = {}): Job => ({
        http,
        account,
        video,
        media: mediaFile(5000),
        text: textOf(video.caption),
        options: {},
        ...job,
      });
      return {
        account,
        http,
        request,
        drive: ({ job, ...options } = {}) => driveJob(telegram, request(job), clock, options),
      };
    },
  };
  return stage;
}

function accountOf({ handle, name, remoteId, settings = {} }: Identity): Account {
  return {
    id: 1,
    platform: 'telegram',
    account: `telegram:${handle}`,
    handle,
    name,
    remoteId,
    user: 'me',
    status: 'ok',
    scopes: [],
    paused: false,
    settings,
    createdAt: 0,
    updatedAt: 0,
  };
}

export const textOf = (caption: string, options: Record<string, unknown> = {}) =>
  telegram.fit({ caption, url: video.url, options, accountSettings: {} });

/** How often a method was called. */
export const count = ({ requests }: Stage, method: string) =>
  requests.filter(({ path }) => path.endsWith(`/${method}`)).length;
