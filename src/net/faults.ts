import { Failure } from '../core/failure.ts';
import { privateAddressCode } from './addresses.ts';

/** What is known about a request that got no answer. */
export interface Attempt {
  /** Production host, for the message. */
  host: string;
  /** True once the request was handed to a connection: from then on the outcome is open. */
  sent: boolean;
}

/**
 * What a transport error means. Before the request was handed to a connection it provably did nothing:
 * E_NETWORK, certain. Afterwards nobody can tell: E_NO_ANSWER. Which error is which was measured against
 * undici 7.30.2 with a server for each fault; test/net/faults.test.ts does it again.
 */
export function networkFailure(error: unknown, { host, sent }: Attempt): Failure {
  if (error instanceof Failure) return error;
  const { code, message } = describe(error);
  if (ownFaults.has(code))
    return new Failure('E_INTERNAL', { message: `The request to ${host} was not valid (${code}).` });
  if (sent)
    return new Failure('E_NO_ANSWER', { message: `${host}: ${lostAnswer(code, message)}`, cause: error });
  if (code === privateAddressCode) return privateFailure(host);
  const certificate = certificateFault(code);
  return new Failure('E_NETWORK', {
    certain: true,
    message: certificate === undefined ? notReached(host, code, message) : `${host}: ${certificate}`,
    ...(certificate === undefined ? {} : { hint: certificateHint }),
    cause: error,
  });
}

/** A link that leads into this machine's own networks. Never asked. */
export function privateFailure(host: string): Failure {
  return new Failure('E_REFUSED', {
    certain: true,
    message: `${host} is not a public address; repost does not fetch from private networks.`,
    hint: 'Look at where the link came from; nothing was sent.',
  });
}

/** The overall deadline passed. */
export function deadlineFailure({ host, sent }: Attempt, timeoutMs: number): Failure {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return sent
    ? new Failure('E_NO_ANSWER', { message: `${host} did not finish its answer within ${seconds} s.` })
    : new Failure('E_NETWORK', {
        certain: true,
        message: `${host} was not reached within ${seconds} s.`,
      });
}

/** The caller's signal fired. */
export function interruptedFailure({ host, sent }: Attempt): Failure {
  return new Failure('E_INTERRUPTED', {
    certain: !sent,
    message: `Interrupted ${sent ? 'while waiting for' : 'before reaching'} ${host}.`,
  });
}

/** Mistakes in our own request, found before it left. */
const ownFaults = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'ERR_INVALID_ARG_TYPE']);

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  // Happy eyeballs: one error for each address that was tried.
  const first = error instanceof AggregateError ? error.errors[0] : undefined;
  const own = (error as NodeJS.ErrnoException).code ?? (first as NodeJS.ErrnoException | undefined)?.code;
  const cause = error.cause === undefined ? undefined : (error.cause as NodeJS.ErrnoException).code;
  return { code: own ?? cause ?? error.name, message: error.message };
}

function lostAnswer(code: string, message: string): string {
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 'the request was sent and no answer began.';
    case 'UND_ERR_BODY_TIMEOUT':
      return 'the answer began and then stood still.';
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return 'the connection was closed before the answer was complete.';
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'the answer has another length than it said.';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'the answer’s headers are too long.';
    default:
      if (code.startsWith('HPE_') || code === 'HTTPParserError') return 'the answer is not valid HTTP.';
      return `no usable answer came (${code || message}).`;
  }
}

function notReached(host: string, code: string, message: string): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
      return `The name ${host} could not be resolved (DNS, ${code}).`;
    case 'ECONNREFUSED':
      return `${host} refused the connection.`;
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `${host} did not take the connection in time.`;
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
      return `There is no way to ${host} from here: is this machine online? (${code})`;
    case 'ECONNRESET':
    case 'EPROTO':
    case 'UND_ERR_SOCKET':
      return `${host} broke the connection off while it was being made.`;
    case 'UND_ERR_ABORTED':
      // The proxy's own words: `Proxy response (407) !== 200 when HTTP Tunneling`.
      return `The proxy did not open the way to ${host} (${message}).`;
    default:
      if (code.startsWith('ERR_SSL_'))
        return `${host}: no secure connection could be agreed on (${code.slice(8).toLowerCase()}).`;
      return `${host} could not be reached (${code || message}).`;
  }
}

const certificateHint =
  'Check this machine’s clock, and whether a proxy or virus scanner opens secure connections here; a company’s ' +
  'own authority can be named with NODE_EXTRA_CA_CERTS=FILE.';

function certificateFault(code: string): string | undefined {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired.';
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet.';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name.';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'its certificate is self-signed.';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_UNTRUSTED':
      return 'its certificate is from an authority that this machine does not trust.';
    default:
      return code.startsWith('CERT_') ? `its certificate can’t be trusted (${code}).` : undefined;
  }
}
