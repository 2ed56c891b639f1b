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

/** What the vault of several hosts keeps in the store: nothing that is not encrypted. Durable when it resolves. */
export interface SecretTable {
  /** By name. */
  keys(): Promise<WrappedKey[]>;
  /** The first one makes the vault: gives false, and changes nothing, where there are keys of another data key. */
  putKey(key: WrappedKey): Promise<boolean>;
  /** False where there is none, or it is the last: without any nobody could open the entries. */
  removeKey(name: string): Promise<boolean>;
  get(name: string): Promise<string | undefined>;
  put(name: string, sealed: string): Promise<void>;
  remove(name: string): Promise<void>;
}
