import { AsyncLocalStorage } from 'node:async_hooks';

const actors = new AsyncLocalStorage<string>();

/** Everything that `work` changes is on this one’s word: `cli:anna`, `token:bot`. For the audit log. */
export function withActor<T>(actor: string, work: () => T): T {
  return actors.run(actor, work);
}

/** Undefined outside of `withActor`. */
export function currentActor(): string | undefined {
  return actors.getStore();
}
