import { isPlatformId } from '../core/names.ts';
import { isMovable } from './clock.ts';
import { parseFaultRule } from './faults.ts';
import type { Sandbox } from './sandbox.ts';

export interface ControlAnswer {
  status: number;
  body: unknown;
}

/**
 * The control API, `path` after `/_control`:
 * `GET /state`, `/posts`, `/requests`, `/complaints`, `/faults` · `POST /faults` (one rule or an array) ·
 * `DELETE /faults` · `POST /clock {"advanceMs": n}` · `POST /<platform>/<lever>` with the lever's value.
 */
export async function answerControl(
  sandbox: Sandbox,
  method: string,
  path: string,
  body: string,
): Promise<ControlAnswer> {
  try {
    const input: unknown = body.trim() === '' ? undefined : JSON.parse(body);
    return await route(sandbox, method, path, input);
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

async function route(sandbox: Sandbox, method: string, path: string, input: unknown): Promise<ControlAnswer> {
  switch (`${method} ${path}`) {
    case 'GET /state':
      return ok(state(sandbox));
    case 'GET /posts':
      return ok(sandbox.posts());
    case 'GET /requests':
      return ok(sandbox.requests());
    case 'GET /complaints':
      return ok(sandbox.complaints());
    case 'GET /faults':
      return ok(sandbox.faults.rules());
    case 'POST /faults': {
      const rules = (Array.isArray(input) ? input : [input]).map(parseFaultRule);
      for (const rule of rules) sandbox.faults.add(rule);
      return ok(sandbox.faults.rules());
    }
    case 'DELETE /faults':
      sandbox.faults.clear();
      return ok([]);
    case 'POST /clock':
      return moveClock(sandbox, input);
  }
  const lever = /^\/([a-z]+)\/([A-Za-z0-9_-]+)$/u.exec(path);
  if (method === 'POST' && lever)
    return ok((await sandbox.control(lever[1] ?? '', lever[2] ?? '', input)) ?? null);
  return { status: 404, body: { error: `there is no ${method} ${path} here` } };
}

function moveClock(sandbox: Sandbox, input: unknown): ControlAnswer {
  const advanceMs = (input as { advanceMs?: unknown } | undefined)?.advanceMs;
  if (typeof advanceMs !== 'number' || !Number.isFinite(advanceMs)) throw new Error('advanceMs is a number');
  if (!isMovable(sandbox.clock)) throw new Error('this sandbox runs on a clock that can’t be moved');
  sandbox.clock.advance(advanceMs);
  return ok({ now: sandbox.clock.now() });
}

/** All of it is make-believe: the app secrets of the sandbox are for everybody to read. */
function state(sandbox: Sandbox): unknown {
  const { world } = sandbox;
  return {
    now: sandbox.clock.now(),
    requests: sandbox.requestCount(),
    platforms: sandbox.simulators.map(({ platform, origins, controls }) => ({
      platform,
      origins,
      levers: Object.keys(controls),
      apps: isPlatformId(platform) ? world.apps(platform) : [],
      accounts: isPlatformId(platform) ? world.accounts(platform) : [],
    })),
  };
}

function ok(body: unknown): ControlAnswer {
  return { status: 200, body };
}
