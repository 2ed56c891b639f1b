import type { Clock } from '../core/clock.ts';
import type { FaultAction, Faults } from './faults.ts';
import { createFaults } from './faults.ts';
import type { SimPlace, SimPost, SimRequest, SimResponse, Simulator, SimulatorFactory } from './types.ts';
import type { Complaint, OwnedWorld, WorldOptions } from './world.ts';
import { createWorld } from './world.ts';

/** An answer in the form it takes on the wire; a SimResponse as well. */
export interface Answer {
  status: number;
  /** Names in lower case; `content-type` is always there where there is a body. */
  headers: Record<string, string>;
  body: Buffer;
}

/** The connection broke. */
export interface Cut {
  /**
   * `refused`: before anything was read. `upload`: in the request's body. `lost`: before the answer.
   * `body`: within the answer's body, of which `partial` arrived. `hang`: nothing, until the client gives up.
   */
  cut: 'refused' | 'upload' | 'lost' | 'body' | 'hang';
  partial?: Answer;
}

export interface RequestNote {
  platform: SimPlace;
  origin: string;
  method: string;
  path: string;
  /** Null where no whole answer left. */
  status: number | null;
  at: number;
  /** The fault that befell it. */
  fault?: FaultAction['kind'];
}

export interface SandboxOptions extends WorldOptions {
  simulators: readonly SimulatorFactory[];
}

export interface Sandbox {
  readonly world: OwnedWorld;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Production origins that are stood in for. */
  readonly origins: readonly string[];
  readonly simulators: readonly Simulator[];
  /** The request without sockets: what the client would see. Throws an Error for an unknown origin. */
  dispatch(request: SimRequest): Promise<Answer | Cut>;
  /** The fault that befalls the request with this head, counted once; for `answer`. */
  takeFault(head: Omit<SimRequest, 'body' | 'complete'>): FaultAction | undefined;
  /** As dispatch, with a fault that was taken already. */
  answer(request: SimRequest, fault: FaultAction | undefined): Promise<Answer | Cut>;
  /** Posts of all platforms, newest first. */
  posts(): SimPost[];
  complaints(): Complaint[];
  /** The latest requests, oldest first. */
  requests(): RequestNote[];
  /** Requests since the start, those included that are no longer listed. */
  requestCount(): number;
  /** Pulls a lever. Throws an Error where there is none of that name. */
  control(platform: string, name: string, input?: unknown): Promise<unknown>;
}

/** Enough to look back on; a simulation of a million requests must not keep them all. */
const NOTES_KEPT = 10_000;

export function createSandbox(options: SandboxOptions): Sandbox {
  const world = createWorld(options);
  const simulators = options.simulators.map((create) => create(world));
  const origins = [...new Set(simulators.flatMap((simulator) => simulator.origins))];
  const faults = createFaults();
  const notes: RequestNote[] = [];
  let count = 0;

  const simulatorFor = (request: SimRequest) => simulatorOf(simulators, request);

  world.fetch = async ({ url: address, method, headers }) => {
    const url = new URL(address);
    if (!origins.includes(url.origin)) return undefined;
    const request: SimRequest = {
      origin: url.origin,
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: { host: url.host, ...headers },
      body: Buffer.alloc(0),
      complete: true,
    };
    const result = await answer(request, undefined);
    return 'cut' in result ? undefined : result;
  };

  async function answer(request: SimRequest, fault: FaultAction | undefined): Promise<Answer | Cut> {
    const simulator = simulatorFor(request);
    const note: RequestNote = {
      platform: simulator.platform,
      origin: request.origin,
      method: request.method,
      path: request.path,
      status: null,
      at: world.clock.now(),
      ...(fault ? { fault: fault.kind } : {}),
    };
    count += 1;
    notes.push(note);
    if (notes.length > 2 * NOTES_KEPT) notes.splice(0, NOTES_KEPT);
    const result = await befall(fault, request, (what) => handle(world, simulator, what));
    if (!('cut' in result)) note.status = result.status;
    return result;
  }

  const sandbox: Sandbox = {
    world,
    clock: world.clock,
    faults,
    origins,
    simulators,
    answer,
    takeFault: (head) => {
      const request = { ...head, body: Buffer.alloc(0), complete: true };
      const { platform } = simulatorFor(request);
      return faults.take({ platform, origin: head.origin, method: head.method, path: head.path });
    },
    dispatch: async (request) => answer(request, sandbox.takeFault(request)),
    posts: () =>
      simulators
        .flatMap((simulator) => simulator.posts())
        .sort((one, other) => other.publishedAt - one.publishedAt),
    complaints: () => world.complaints(),
    requests: () => notes.slice(-NOTES_KEPT),
    requestCount: () => count,
    control: async (platform, name, input) => leverOf(simulators, platform, name)(input),
  };
  return sandbox;
}

function simulatorOf(simulators: readonly Simulator[], request: SimRequest): Simulator {
  const found = simulators.find(
    (simulator) => simulator.origins.includes(request.origin) && (simulator.takes?.(request) ?? true),
  );
  if (!found) throw new Error(`the sandbox has no ${request.origin}${request.path}`);
  return found;
}

function leverOf(
  simulators: readonly Simulator[],
  platform: string,
  name: string,
): (input: unknown) => unknown {
  const owner = simulators.find((simulator) => simulator.platform === platform);
  if (!owner) throw new Error(`the sandbox has no platform ${platform}`);
  const lever = Object.hasOwn(owner.controls, name) ? owner.controls[name] : undefined;
  if (lever) return lever;
  throw new Error(`${platform} has no lever ${name}; it has ${Object.keys(owner.controls).join(', ')}`);
}

async function handle(world: OwnedWorld, simulator: Simulator, request: SimRequest): Promise<Answer> {
  try {
    return toAnswer(await simulator.handle(request));
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    world.complain(simulator.platform, `the simulator broke at ${request.method} ${request.path}: ${what}`);
    return toAnswer({ status: 500, body: 'the simulator broke' });
  }
}

/** Lets the fault happen around `process`. */
async function befall(
  fault: FaultAction | undefined,
  request: SimRequest,
  process: (request: SimRequest) => Promise<Answer>,
): Promise<Answer | Cut> {
  if (!fault) {
    const answer = await process(request);
    return request.complete ? answer : { cut: 'upload' };
  }
  switch (fault.kind) {
    case 'refuse':
      return { cut: 'refused' };
    case 'lost':
      await process(request);
      return { cut: 'lost' };
    case 'status':
      return toAnswer(fault);
    case 'status-after':
      await process(request);
      return toAnswer(fault);
    case 'garbage':
      if (fault.processed) await process(request);
      return toAnswer({ status: 200, body: '<html><body><h1>We will be right back</h1></body></html>' });
    case 'hang':
      if (fault.processed) await process(request);
      return { cut: 'hang' };
    case 'cut-body': {
      const answer = await process(request);
      return { cut: 'body', partial: shortened(answer, fault.bytes) };
    }
    case 'truncate':
      return shortened(await process(request), fault.bytes);
    case 'cut-upload': {
      const body = request.body.subarray(0, fault.bytes);
      await process({ ...request, body, complete: false });
      return { cut: 'upload' };
    }
  }
}

function shortened(answer: Answer, bytes = Math.floor(answer.body.length / 2)): Answer {
  return { ...answer, body: answer.body.subarray(0, bytes) };
}

function toAnswer(response: SimResponse): Answer {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers ?? {})) headers[name.toLowerCase()] = value;
  const { body = '' } = response;
  const [bytes, type] = Buffer.isBuffer(body)
    ? [body, 'application/octet-stream']
    : typeof body === 'string'
      ? [Buffer.from(body), body.startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8']
      : [Buffer.from(JSON.stringify(body)), 'application/json; charset=utf-8'];
  if (bytes.length > 0) headers['content-type'] ??= type;
  return { status: response.status, headers, body: bytes };
}
