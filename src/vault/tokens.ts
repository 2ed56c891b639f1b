import type { Account, App, Grant } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import { asFailure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { Service, SignIn } from '../core/platform.ts';
import type { TokenSource } from '../core/session.ts';
import type { Vault } from '../core/vault.ts';
import { isDue, isNewer, merged } from './freshness.ts';
import type { KeptGrant } from './grants.ts';
import { grantName, keepGrant, readKept } from './grants.ts';
import { absentSignIn, endedSignIn, lostTurn, refusedRenewal, unsent } from './token-failures.ts';

export interface TokenOptions {
  vault: Vault;
  service: Service;
  /** How this account signed in, where its service has several ways. Default `service.signIn`. */
  signIn?: SignIn;
  /** Plain, without credentials. */
  http: Http;
  /** The account's row as it stands now. */
  account: () => Promise<Account>;
  app: () => Promise<App>;
  clock: Clock;
  /** Runs the work while no other process runs work under this name; it is told how to ask whether that is so still. */
  lock: <T>(name: string, work: (held?: () => boolean) => Promise<T>) => Promise<T>;
  /** The sign-in was renewed and is safe in the vault: brings expiry and status into the account's row. */
  onGrant: (grant: Grant) => Promise<void>;
  /** The account's person must come. Never called for a blip of network, platform or vault. */
  onLoginNeeded: (failure: Failure) => Promise<void>;
}

/** How long a grant is used before the vault is asked again whether somebody signed in anew. */
const HOLD_MS = 30 * SECOND;
/** After a renewal ahead of time failed, the old token is used this long before the next try. */
const QUIET_MS = MINUTE;

/**
 * One account's credentials. Renews ahead of expiry, once at a time in this process (a shared promise) and
 * among processes (the lock, then a second look into the vault). A new pair is durable before its first use,
 * because many platforms take a refresh token once only.
 *
 * All failures are `certain`: the request that wanted the credentials was not sent.
 */
export function tokenSource(options: TokenOptions): TokenSource {
  return new Tokens(options);
}

class Tokens implements TokenSource {
  readonly #options: TokenOptions;
  readonly #signIn: SignIn;
  #held: { grant: Grant; rowAt: number; readAt: number } | undefined;
  #renewing: Promise<Grant> | undefined;
  #quietUntil = 0;
  /** Renewed, but the vault would not take it: kept here until it does, since the old one may be dead. */
  #unsaved: { grant: Grant; insteadOf: Grant } | undefined;
  /** Safe in the vault, but the account's row does not know yet. */
  #owed: Grant | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
    this.#signIn = options.signIn ?? options.service.signIn;
  }

  async current(): Promise<Grant> {
    const { clock } = this.#options;
    try {
      await this.#report();
      const grant = await this.#look();
      const { expiresAt } = grant;
      if (expiresAt === undefined || !isDue(grant, this.#signIn.refreshAheadMs, clock.now())) return grant;
      const usable = () => clock.now() < expiresAt;
      if (!this.#signIn.refresh) return usable() ? grant : await this.#endOfSignIn();
      if (usable() && clock.now() < this.#quietUntil) return grant;
      return await this.#renewOnce(grant).catch((error: unknown) => {
        const failure = asFailure(error);
        if (failure.kind === 'login' || !usable()) throw failure;
        this.#quietUntil = Math.max(clock.now() + QUIET_MS, failure.notBefore ?? 0);
        return grant;
      });
    } catch (error) {
      throw unsent(error, clock.now());
    }
  }

  async renew(refused: Grant): Promise<Grant> {
    try {
      const renewed = await this.#renewOnce(refused);
      // The renewal that was under way may have been somebody else's, of the very grant that was refused.
      return isNewer(renewed, refused) ? renewed : await this.#renewOnce(refused);
    } catch (error) {
      throw unsent(error, this.#options.clock.now());
    }
  }

  #renewOnce(old: Grant): Promise<Grant> {
    this.#renewing ??= this.#renewLocked(old).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewLocked(old: Grant): Promise<Grant> {
    const account = await this.#options.account();
    const grant = await this.#options.lock(grantName(account), async (held) => {
      const kept = await this.#readKept(account);
      if (await this.#saveLate(account, kept.grant)) return (await this.#readKept(account)).grant;
      if (isNewer(kept.grant, old) && !this.#hasEnded(kept.grant)) return kept.grant;
      return await this.#refresh(account, kept, held);
    });
    this.#hold(grant, account);
    await this.#report();
    return grant;
  }

  /** Under the lock. */
  async #refresh(account: Account, kept: KeptGrant, held = () => true): Promise<Grant> {
    const { vault, http, clock } = this.#options;
    if (!this.#signIn.refresh) return await this.#endOfSignIn();
    const app = await this.#options.app();
    // After a machine stood still another may have renewed it: what that one saved must stay, and some platforms end a
    // sign-in whose old token comes again.
    const stillOurs = () => {
      if (!held()) throw lostTurn(account);
    };
    stillOurs();
    // Shows a later process that an answer was lost, and shows us that the vault can be written, while the
    // old refresh token still lives.
    await keepGrant(vault, account, { ...kept, refreshSentAt: kept.refreshSentAt ?? clock.now() });
    stillOurs();
    let fresh: Grant;
    try {
      fresh = await this.#signIn.refresh({ http, app, clock, grant: kept.grant, account });
    } catch (error) {
      return await this.#refreshFailed(account, kept, asFailure(error));
    }
    return await this.#save(account, merged(kept.grant, fresh), kept.grant);
  }

  async #refreshFailed(account: Account, kept: KeptGrant, failure: Failure): Promise<Grant> {
    // Its answer came, so this renewal is not lost (an earlier one may still be).
    if (failure.certain || failure.kind === 'login') {
      const now = await this.#readKept(account);
      if (isNewer(now.grant, kept.grant)) return now.grant;
      await keepGrant(this.#options.vault, account, kept);
    }
    if (failure.kind !== 'login') throw failure;
    throw await this.#tell(refusedRenewal(failure, account, this.#options.service.name, kept.refreshSentAt));
  }

  async #save(account: Account, grant: Grant, insteadOf: Grant): Promise<Grant> {
    this.#unsaved = { grant, insteadOf };
    // Somebody may have signed in or out while the platform was answering: theirs stands.
    const now = await this.#readKept(account);
    if (await this.#saveLate(account, now.grant)) return grant;
    return now.grant;
  }

  /** True where a renewed grant was waiting for the vault and is in it now. */
  async #saveLate(account: Account, inVault: Grant): Promise<boolean> {
    const unsaved = this.#unsaved;
    if (!unsaved) return false;
    if (isNewer(inVault, unsaved.insteadOf)) {
      this.#unsaved = undefined;
      return false;
    }
    await keepGrant(this.#options.vault, account, { grant: unsaved.grant });
    this.#unsaved = undefined;
    this.#owed = unsaved.grant;
    return true;
  }

  /**
   * From memory while the row is the same and the look is recent; else from the vault. A vault that locked
   * itself meanwhile (a desktop does) takes nothing from a token that is in hand and still lives.
   */
  async #look(): Promise<Grant> {
    const account = await this.#options.account();
    const held = this.#held?.rowAt === account.updatedAt ? this.#held : undefined;
    const age = held ? this.#options.clock.now() - held.readAt : 0;
    if (held && age >= 0 && age < HOLD_MS) return held.grant;
    try {
      const { grant } = await this.#readKept(account);
      this.#hold(grant, account);
      return grant;
    } catch (error) {
      if (!held || asFailure(error).kind === 'login' || this.#hasEnded(held.grant)) throw error;
      return held.grant;
    }
  }

  async #readKept(account: Account): Promise<KeptGrant> {
    const kept = await readKept(this.#options.vault, account);
    if (kept) return kept;
    this.#unsaved = undefined;
    throw await this.#tell(absentSignIn(account));
  }

  #hold(grant: Grant, account: Account): void {
    this.#held = { grant, rowAt: account.updatedAt, readAt: this.#options.clock.now() };
  }

  #hasEnded({ expiresAt }: Grant): boolean {
    return expiresAt !== undefined && expiresAt <= this.#options.clock.now();
  }

  async #endOfSignIn(): Promise<never> {
    throw await this.#tell(endedSignIn(await this.#options.account(), this.#options.service.name));
  }

  async #tell(failure: Failure): Promise<Failure> {
    this.#held = undefined;
    await this.#options.onLoginNeeded(failure);
    return failure;
  }

  async #report(): Promise<void> {
    const owed = this.#owed;
    if (!owed) return;
    await this.#options.onGrant(owed);
    if (this.#owed === owed) this.#owed = undefined;
  }
}
