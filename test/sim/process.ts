import type { Account, App } from '../../src/core/account.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { MediaFile } from '../../src/core/media.ts';
import type { Service } from '../../src/core/platform.ts';
import type { Vault } from '../../src/core/vault.ts';
import type { EngineDeps, EngineEvent, EngineSettings, Registry } from '../../src/engine/deps.ts';
import { accountHttp, plainHttp } from '../../src/net/http.ts';
import type { Transport } from '../../src/net/wire.ts';
import type { Store } from '../../src/store/types.ts';
import { journalSeal } from '../../src/vault/seal.ts';
import { tokenSource } from '../../src/vault/tokens.ts';

/** What one process is made of: its surroundings, through which it can die. */
export interface Pieces {
  clock: Clock;
  random: () => number;
  registry: Registry;
  store: Store;
  vault: Vault;
  transport: Transport;
  app(service: Service, account: Account): App;
  media: MediaFile;
  host?: EngineDeps['host'];
  presence?: EngineDeps['presence'];
  /** Where others may be renewing the same sign-in. */
  lock?: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  settings: EngineSettings;
  /** Describing every exchange takes long. */
  traced: boolean;
  emit(event: EngineEvent): void;
}

const TIMEOUT_MS = 30_000;

/** Wires the engine as the program does, of real parts. */
export async function wire(pieces: Pieces): Promise<EngineDeps> {
  const { clock, store, vault, transport, registry, traced, media, host, presence } = pieces;
  const timeoutMs = TIMEOUT_MS;
  const made = new Map<number, ReturnType<typeof tokenSource>>();

  const tokensOf = (known: Account, service: Service) => {
    const kept = made.get(known.id);
    if (kept) return kept;
    const update = (change: Parameters<Store['accounts']['update']>[1]) =>
      store.accounts.update(known.id, change, clock.now()).then(() => undefined);
    const fresh = tokenSource({
      vault,
      service,
      http: plainHttp({ transport, clock, service, timeoutMs }),
      account: async () => (await store.accounts.get(known.id)) ?? known,
      app: async () => pieces.app(service, known),
      clock,
      lock: pieces.lock ?? ((_name, work) => work()),
      onGrant: ({ expiresAt }) => update({ status: 'ok', expiresAt }),
      onLoginNeeded: () => update({ status: 'login-needed' }),
    });
    made.set(known.id, fresh);
    return fresh;
  };

  return {
    store,
    clock,
    random: pieces.random,
    registry,
    connect: (account, service, meter, trace) =>
      accountHttp({
        transport,
        clock,
        service,
        meter,
        timeoutMs,
        tokens: tokensOf(account, service),
        ...(trace && traced ? { trace } : {}),
      }),
    freshen: async (account, service) => void (await tokensOf(account, service).current()),
    anonymous: plainHttp({ transport, clock, timeoutMs }),
    obtain: async () => media,
    ...(host ? { host } : {}),
    ...(presence ? { presence } : {}),
    seal: await journalSeal(vault),
    settings: pieces.settings,
    emit: pieces.emit,
  };
}
