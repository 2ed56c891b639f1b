import { consentPage, readDecision, refusalPage } from './consent.ts';
import type { MetaAccess } from './meta-access.ts';
import { graphError, paramsOf } from './meta-graph.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

const LIFE_MS = 420_000;
const INTERVAL_MS = 5_000;

interface Device {
  userCode: string;
  appId: string;
  scopes: readonly string[];
  until: number;
  askedAt: number;
  verdict?: 'approved' | 'declined';
}

export interface DeviceLogin {
  /** www.facebook.com/device: where the person types the code. */
  page(request: SimRequest): SimResponse;
  call(request: SimRequest, edge: string | undefined): SimResponse;
}

/** Sign-in from a device without a browser: a code to type on another one. */
export function createDeviceLogin(
  world: World,
  access: MetaAccess,
  grant: (clientId: string, scopes: readonly string[]) => string,
): DeviceLogin {
  const devices = new Map<string, Device>();

  function appOf(params: URLSearchParams): string {
    const [appId = '', clientToken] = (params.get('access_token') ?? '').split('|');
    const app = access.appOf(appId);
    if (!app || app.settings['clientToken'] !== clientToken)
      throw graphError(190, 'Invalid OAuth access token - the client token is wrong');
    if (app.settings['deviceLogin'] === false)
      throw graphError(3, '(#3) The app is not set up for login from devices.');
    return appId;
  }

  function start(params: URLSearchParams): SimResponse {
    const appId = appOf(params);
    const code = world.token('', 32);
    const device: Device = {
      userCode: world.token('', 6).toUpperCase(),
      appId,
      scopes: (params.get('scope') ?? '').split(/[\s,]+/u).filter(Boolean),
      until: world.clock.now() + LIFE_MS,
      askedAt: Number.NEGATIVE_INFINITY,
    };
    devices.set(code, device);
    return {
      status: 200,
      body: {
        code,
        user_code: device.userCode,
        verification_uri: 'https://www.facebook.com/device',
        expires_in: LIFE_MS / 1000,
        interval: INTERVAL_MS / 1000,
      },
    };
  }

  function status(params: URLSearchParams): SimResponse {
    appOf(params);
    const device = devices.get(params.get('code') ?? '');
    const pending = (subcode: number, message: string) => graphError(31, message, { subcode });
    const now = world.clock.now();
    if (!device || now >= device.until) throw pending(1349152, 'The code has expired.');
    const early = now - device.askedAt < INTERVAL_MS;
    device.askedAt = now;
    if (early) throw pending(1349172, 'You are polling too frequently.');
    if (device.verdict === 'declined') throw pending(1349173, 'The person declined.');
    if (device.verdict === undefined) throw pending(1349174, 'The person has not authorised yet.');
    return {
      status: 200,
      body: {
        access_token: grant(device.appId, ['public_profile', ...device.scopes]),
        expires_in: 5_183_996,
        data_access_expiration_time: Math.floor(now / 1000) + 90 * 86_400,
      },
    };
  }

  return {
    page(request) {
      const typed = new URLSearchParams(request.query);
      const device = [...devices.values()].find(({ userCode }) => userCode === typed.get('user_code'));
      if (!device) return refusalPage('Facebook', 'That code is not known');
      if (request.method !== 'POST')
        return consentPage({
          platformName: 'Facebook',
          appName: device.appId,
          accounts: [{ id: 'person', handle: 'person', name: 'A Person' }],
          scopes: device.scopes.map((id) => ({ id })),
        });
      device.verdict = readDecision(request).approved ? 'approved' : 'declined';
      return refusalPage('Facebook', device.verdict === 'approved' ? 'You may go back' : 'Declined');
    },
    call(request, edge) {
      const params = paramsOf(request);
      if (request.method !== 'POST') throw graphError(100, 'Unsupported get request.');
      if (edge === 'login') return start(params);
      if (edge === 'login_status') return status(params);
      throw graphError(2500, 'Unknown path components');
    },
  };
}
