import type { App as DeveloperApp } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { asFailure, type Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { Service } from '../core/platform.ts';

export interface Check {
  result: 'PASS' | 'WARN' | 'FAIL';
  title: string;
  hint: string | null;
}

/**
 * What can be told of a developer app before anybody signs in: its keys are tried with a code that can't be
 * right, because a platform checks the client first and says which of the two it disliked.
 */
export async function checkDeveloperApp(
  http: Http,
  clock: Clock,
  service: Service,
  app: DeveloperApp,
): Promise<Check[]> {
  const { signIn } = service;
  if (signIn.kind !== 'oauth')
    return [{ result: 'PASS', title: `${service.name} needs no developer app`, hint: null }];
  const checks: Check[] = [];
  if (app.clientId.trim() !== app.clientId || app.clientId === '')
    checks.push({
      result: 'FAIL',
      title: 'the client id is empty or has blanks around it',
      hint: `Copy it again: repost app add ${service.id} --client-id ID`,
    });
  if ((signIn.secret ?? 'required') === 'required' && app.clientSecret === undefined) {
    checks.push({
      result: 'FAIL',
      title: 'there is no client secret in the vault',
      hint: `repost app add ${service.id} --client-id ${app.clientId} --client-secret-stdin`,
    });
  } else {
    checks.push(await keysCheck(http, clock, service, app));
  }
  const redirect = app.redirectUri ?? signIn.redirect.uri;
  if (signIn.redirect.registered) {
    checks.push({
      result: 'WARN',
      title: `the redirect address must be registered exactly as: ${redirect}`,
      hint: 'The platform tells about a wrong one only in the browser; compare it in the developer console.',
    });
  } else {
    checks.push({ result: 'PASS', title: 'no redirect address needs to be registered', hint: null });
  }
  checks.push({
    result: 'PASS',
    title: `scopes that a sign-in will ask for: ${signIn.scopes.join(' ')}`,
    hint: null,
  });
  return checks;
}

async function keysCheck(http: Http, clock: Clock, service: Service, app: DeveloperApp): Promise<Check> {
  const failure = await tryKeys(http, clock, service, app);
  if (!failure) return { result: 'WARN', title: `${service.name} gave no verdict on the keys`, hint: null };
  switch (failure.code) {
    case 'E_CLIENT_INVALID':
      return {
        result: 'FAIL',
        title: `${service.name} does not know these keys: ${failure.message}`,
        hint: failure.hint,
      };
    // The made-up code was refused, so the client was accepted.
    case 'E_LOGIN_CODE':
    case 'E_REDIRECT':
      return {
        result: 'PASS',
        title: `${service.name} knows the client id${app.clientSecret === undefined ? '' : ' and secret'}`,
        hint: null,
      };
    default:
      return {
        result: 'WARN',
        title: `the keys could not be tried: ${failure.message}`,
        hint: failure.hint,
      };
  }
}

/** What the platform says to these keys with a code that can't be right; undefined where it says nothing. */
export async function tryKeys(
  http: Http,
  clock: Clock,
  service: Service,
  app: DeveloperApp,
): Promise<Failure | undefined> {
  const { signIn } = service;
  if (signIn.kind !== 'oauth') return undefined;
  try {
    await signIn.exchange({
      http,
      app,
      clock,
      code: 'repost-app-check',
      redirectUri: (app.redirectUri ?? signIn.redirect.uri).replace(':*', ':8765'),
      verifier: 'repost-app-check-verifier-0123456789-ABCDEFGHIJKLMNOP',
      callback: new URLSearchParams(),
    });
    return undefined;
  } catch (error) {
    return asFailure(error);
  }
}
