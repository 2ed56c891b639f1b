/** How one host’s key opens the data key of the vault. */
export interface WrappedKey {
  /** Whose it is. */
  name: string;
  /** Names the data key. */
  dataKey: string;
  /** How the key is derived: JSON, no secret. */
  kdf: string;
  /** The data key, encrypted. */
  wrapped: string;
  createdAt: number;
}

/** One entry, encrypted. */
export interface SealedEntry {
  sealed: string;
  /** Names the data key that encrypted it. */
  dataKey: string;
}

/** What the vault of several hosts keeps in the store: nothing that is not encrypted. Durable when it resolves. */
export interface SecretTable {
  /** By name. */
  keys(): Promise<WrappedKey[]>;
  /**
   * The first one makes the vault. Gives false, and changes nothing, where there are keys of another data key, or entries
   * and no key.
   */
  putKey(key: WrappedKey): Promise<boolean>;
  /** False where there is none, or it is the last: without any nobody could open the entries. */
  removeKey(name: string): Promise<boolean>;
  /**
   * Encrypts every entry anew and puts keys of another data key into the place of those before. False, and no change, where
   * the keys are not those any more.
   */
  rekey(
    before: readonly WrappedKey[],
    after: readonly WrappedKey[],
    reseal: (name: string, sealed: string) => string,
  ): Promise<boolean>;
  get(name: string): Promise<SealedEntry | undefined>;
  /** False, and no change, where the vault’s data key is another one by now. */
  put(name: string, entry: SealedEntry): Promise<boolean>;
  remove(name: string): Promise<void>;
}
