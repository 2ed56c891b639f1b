import { Failure } from '../core/failure.ts';
import type { HttpResponse } from '../core/http.ts';
import { graphErrorOf } from './meta-errors.ts';

/**
 * What a refusal of a code or of the app's keys means. `api.instagram.com` and Threads' token endpoint have an
 * error shape of their own (`error_type`, `error_message`). Undefined where it is about something else.
 * https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
 */
export function tokenRefusal(response: HttpResponse): Failure | undefined {
  const { status } = response;
  const graph = graphErrorOf(response);
  const said = graph?.message ?? plainMessage(response);
  if (said === undefined) return undefined;
  const message = `Meta says: “${said.slice(0, 200)}”`;
  if (graph?.code === 101 || /client[ _]?(id|secret)|validating application|platform app/iu.test(said))
    return new Failure('E_CLIENT_INVALID', { status, message, certain: true });
  if (/redirect[ _]ur[il]/iu.test(said)) return new Failure('E_REDIRECT', { status, message, certain: true });
  if (graph) return undefined;
  return new Failure('E_LOGIN_CODE', { status, message, certain: true });
}

function plainMessage(response: HttpResponse): string | undefined {
  try {
    const body = response.json<{ error_message?: unknown }>();
    return typeof body.error_message === 'string' ? body.error_message : undefined;
  } catch {
    return undefined;
  }
}
