/** What a look into the vault found. Only `absent` means: sign in. */
export type VaultRead =
  | { state: 'found'; value: string }
  | { state: 'absent' }
  | { state: 'locked'; detail: string }
  | { state: 'unreachable'; detail: string }
  | { state: 'corrupt'; detail: string };

export type VaultKind = 'keychain' | 'file' | 'command' | 'database' | 'memory';

/**
 * A place for secrets. Names are paths such as `grant/youtube/UC123` or `app/x`. Values are text without NUL.
 * `write` and `remove` are durable when they resolve; they throw Failure E_VAULT_… with the way out.
 */
export interface Vault {
  readonly kind: VaultKind;
  /** For people: `GNOME keyring`, or the file's path. */
  readonly description: string;
  /** Writes, reads back and removes a canary. Throws E_VAULT_… where this vault can't keep a secret now. */
  probe(): Promise<void>;
  read(name: string): Promise<VaultRead>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}
