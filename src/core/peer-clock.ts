import { SECOND } from './clock.ts';

/** What the clocks of the services say. This machine's own may be hours wrong, and be set right meanwhile. */
export interface PeerClock {
  /**
   * Notes the Date of an answer (RFC 9110, 6.6.1: whole seconds) of an exchange between two instants of this
   * machine's clock.
   */
  note(service: string, date: string | undefined, startedAt: number, endedAt: number): void;
  /** How far a service's clock is ahead of this machine's, in ms; 0 where they agree or it never said. */
  aheadOf(service: string): number;
}

/** Whole seconds and an answer's way make up for this much: less is no difference. */
const NOISE_MS = 5 * SECOND;
/** An exchange that took longer (an upload, a closed lid) tells too little of the moment. */
const LONGEST_EXCHANGE_MS = 5 * SECOND;

/** `steeredMs`: how far this machine's clock is moved now from what it says; what was noted under another is forgotten. */
export function peerClock(steeredMs: () => number = () => 0): PeerClock {
  const ahead = new Map<string, { ms: number; under: number }>();
  return {
    note(service, date, startedAt, endedAt) {
      const saidAt = Date.parse(date ?? '');
      if (Number.isNaN(saidAt) || endedAt - startedAt > LONGEST_EXCHANGE_MS) return;
      const ms = saidAt - endedAt;
      ahead.set(service, { ms: Math.abs(ms) < NOISE_MS ? 0 : ms, under: steeredMs() });
    },
    aheadOf(service) {
      const noted = ahead.get(service);
      // Whatever moved it, it goes by a clock that is right since.
      return noted?.under === steeredMs() ? noted.ms : 0;
    },
  };
}
