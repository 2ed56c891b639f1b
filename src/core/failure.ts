import type { ErrorClass, ErrorCode } from './codes.ts';
import { codes } from './codes.ts';

/**
 * What the engine does next. `later`: not now, no attempt used. `retry`: back off, uses an attempt.
 * `redo`: a handle expired, forget from a step on. `login`: the account needs its person. `reject`: this
 * will never work. `doubt`: nobody can tell whether it was published; raised by the journal only.
 */
export type FailureKind = 'later' | 'retry' | 'redo' | 'login' | 'reject' | 'doubt';

/** Why a job waits, as people see it (contract: job states). */
export const waitReasons = [
  'ready',
  'delay',
  'window',
  'quota',
  'backoff',
  'processing',
  'approval',
  'login',
  'media',
  'paused',
  'breaker',
] as const;
export type WaitReason = (typeof waitReasons)[number];

export interface FailureDetails {
  kind?: FailureKind;
  /** What happened, in one sentence, without secrets. */
  message?: string;
  /** What to do, if the code's standing advice can be bettered. */
  hint?: string;
  /** The command that does it. */
  command?: string;
  /** Earliest instant (epoch ms) at which another try makes sense. */
  notBefore?: number;
  /** For `later`: the reason the job shows while it waits. */
  reason?: WaitReason;
  /** For `redo`: the step from which on everything is done anew. */
  step?: string;
  /**
   * True where the other side provably did nothing (never sent, or answered with a refusal). Only then may
   * a commit's intent be withdrawn. Default false.
   */
  certain?: boolean;
  /** HTTP status, where an answer came. */
  status?: number;
  cause?: unknown;
}

/** The one error that crosses room borders. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly kind: FailureKind;
  readonly hint: string;
  readonly command: string | undefined;
  readonly notBefore: number | undefined;
  readonly reason: WaitReason | undefined;
  readonly step: string | undefined;
  readonly certain: boolean;
  readonly status: number | undefined;

  constructor(code: ErrorCode, details: FailureDetails = {}) {
    const entry = codes[code];
    super(details.message ?? entry.title, { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.kind = details.kind ?? kindOf(entry.class);
    this.hint = details.hint ?? entry.todo;
    this.command = details.command ?? entry.command;
    this.notBefore = details.notBefore;
    this.reason = details.reason;
    this.step = details.step;
    this.certain = details.certain ?? false;
    this.status = details.status;
  }

  get class(): ErrorClass {
    return codes[this.code].class;
  }
}

function kindOf(errorClass: ErrorClass): FailureKind {
  switch (errorClass) {
    case 'transient':
      return 'retry';
    case 'limit':
      return 'later';
    case 'auth':
      return 'login';
    case 'unknown-outcome':
      return 'doubt';
    default:
      return 'reject';
  }
}

/** Not now: wait until `notBefore` (epoch ms); uses no attempt. */
export function later(notBefore: number, message: string, reason: WaitReason = 'processing'): Failure {
  return new Failure('E_NOT_YET', { kind: 'later', notBefore, message, reason });
}

/** A handle expired: forget everything from `step` on and do it again. Never reaches past a commit. */
export function redo(step: string, message: string): Failure {
  return new Failure('E_HANDLE_EXPIRED', { kind: 'redo', step, message });
}

/** Any thrown value as a Failure; what we don't know is transient and its outcome uncertain. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('E_INTERNAL', {
    kind: 'retry',
    message: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}
