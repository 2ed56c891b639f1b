import type keytar from 'keytar';
import type { Clock } from '../core/clock.ts';
import { SECOND } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import { vaultLocked, vaultUnreachable } from './failures.ts';
import { within } from './turns.ts';

/**
 * The part of the `keytar` package that is used. Not `findCredentials`: on a locked Secret Service it takes the
 * process down (`strdup` of a null text in its keytar_posix.cc,
 * https://github.com/github/keytar/blob/master/src/keytar_posix.cc).
 */
export type Keytar = Pick<typeof keytar, 'getPassword' | 'setPassword' | 'deletePassword'> & {
  /** True where it must be started anew before the next call. */
  hasEnded?(): boolean;
  /** Gives up all calls under way. */
  end?(): void;
};

/** The same calls for one service, with a time-out, and with errors as people understand them. */
export interface Calls {
  get(account: string): Promise<string | null>;
  set(account: string, text: string): Promise<void>;
  /** False where nothing was removed. */
  remove(account: string): Promise<boolean>;
}

const OTHER_VAULT =
  'Or choose the encrypted file: export REPOST_VAULT=file and REPOST_VAULT_PASSPHRASE_FILE=PATH.';

export function keychainCalls(options: {
  clock: Clock;
  service: string;
  timeoutMs: number;
  load: () => Promise<Keytar>;
}): Calls {
  const { clock, service, timeoutMs, load } = options;
  let keytar: Keytar | undefined;
  // Where it just kept silent, the next callers need not wait as long again.
  let silentUntil = 0;

  const call = async <T>(
    work: (keytar: Keytar) => Promise<T>,
    { carriesSecret = false } = {},
  ): Promise<T> => {
    const silentFor = silentUntil - clock.now();
    // More than the whole length: the system's clock was set back.
    if (silentFor > 0 && silentFor <= timeoutMs) throw silent(timeoutMs);
    if (!keytar || keytar.hasEnded?.())
      keytar = await load().catch(() => {
        throw noAddOn();
      });
    const answer = work(keytar).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const outcome = await within(clock, timeoutMs, answer);
    if (outcome === 'late') {
      keytar.end?.();
      silentUntil = clock.now() + timeoutMs;
      throw silent(timeoutMs);
    }
    if ('error' in outcome) throw translate(outcome.error, carriesSecret);
    return outcome.value;
  };

  return {
    get: (account) => call((keytar) => keytar.getPassword(service, account)),
    set: (account, text) =>
      call((keytar) => keytar.setPassword(service, account, text), { carriesSecret: true }),
    remove: (account) => call((keytar) => keytar.deletePassword(service, account)),
  };
}

/** What the systems' libraries say, in our words. */
const known: readonly { says: RegExp; failure: () => Failure }[] = [
  {
    // libsecret, then macOS' errSecInteractionNotAllowed, errSecAuthFailed, errSecUserCanceled.
    says: /locked collection|prompt was dismissed|interaction is not allowed|passphrase you entered|user cancell?ed/iu,
    failure: () =>
      vaultLocked('The keychain is locked.', 'Unlock it (log in at the desktop), then run this again.'),
  },
  {
    says: /autolaunch|cannot spawn a message bus|could not connect|connection refused|no such file or directory/iu,
    failure: () =>
      vaultUnreachable(
        'There is no D-Bus session here, so no keyring can be asked.',
        `Run repost inside a desktop session. ${OTHER_VAULT}`,
      ),
  },
  {
    says: /not provided by any .service|serviceunknown|was not activatable/iu,
    failure: () =>
      vaultUnreachable(
        'No keyring service is installed on this machine.',
        `Install one (Debian: apt install gnome-keyring). ${OTHER_VAULT}`,
      ),
  },
  {
    says: /object does not exist at path|no such collection/iu,
    failure: () =>
      vaultUnreachable(
        'The keyring service runs, but there is no keyring in it yet.',
        `Log in at the desktop once, so that it is made. ${OTHER_VAULT}`,
      ),
  },
];

/** Text that we don't know is passed on, but never from a call that took a secret along. */
function translate(error: unknown, carriesSecret: boolean): Failure {
  const text = error instanceof Error ? error.message.split('\n', 1)[0]?.slice(0, 200) : '';
  const said = text && !carriesSecret ? `: ${text}` : '.';
  return (
    known.find(({ says }) => says.test(text ?? ''))?.failure() ??
    vaultUnreachable(
      `The keychain refused the call${said}`,
      `See the system’s log for the keyring service. ${OTHER_VAULT}`,
    )
  );
}

function silent(timeoutMs: number): Failure {
  return vaultUnreachable(
    `The keychain did not answer within ${timeoutMs / SECOND} s.`,
    `If a window asks for the keyring’s password, answer it and run this again; else restart the keyring service. ${OTHER_VAULT}`,
  );
}

function noAddOn(): Failure {
  return vaultUnreachable(
    'The keychain can’t be used: its add-on (keytar) or the library libsecret is missing.',
    `Install libsecret (Debian: apt install libsecret-1-0). ${OTHER_VAULT}`,
  );
}
