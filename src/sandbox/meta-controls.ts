import type { MetaPlatform, MetaWorld } from './meta.ts';
import { setQuirks } from './meta-quirks.ts';
import type { Simulator, World } from './types.ts';

/** Levers that both of Meta’s platforms have. Each takes one JSON value. */
export function metaControls(world: World, meta: MetaWorld, platform: MetaPlatform): Simulator['controls'] {
  const { access } = meta;
  const ours = (appId: string) => access.platformsOf(appId).includes(platform);

  return {
    /** Sets quirks by name; gives all of them. */
    quirks: (input) => setQuirks(meta.quirks[platform], input),
    /** Ends tokens as a changed password does: `{which: 'user' | 'page' | 'all', subcode: 460}`. */
    revoke(input) {
      const { which = 'all', subcode = 460 } = (input ?? {}) as { which?: string; subcode?: number };
      let count = 0;
      access.tokens.dropWhere((holder) => {
        if (ours(holder.appId) && (which === 'all' || holder.kind === which)) {
          holder.dead = subcode;
          count += 1;
        }
        return false;
      });
      return { ended: count };
    },
    /** Lets tokens reach their end: `{which: 'user' | 'page' | 'all'}`. */
    expire(input) {
      const { which = 'all' } = (input ?? {}) as { which?: string };
      return {
        ended: access.tokens.expireWhere(
          (holder) => ours(holder.appId) && (which === 'all' || holder.kind === which),
        ),
      };
    },
    /** Changes an account’s settings: `{account: '@creator', tasks: ['ANALYZE'], linked: false}`. */
    account(input) {
      const { account: handle, ...settings } = input as { account: string } & Record<string, unknown>;
      const account = world.accounts(platform).find((one) => one.handle === handle || one.id === handle);
      if (!account) throw new Error(`there is no account ${handle}`);
      Object.assign(account.settings, settings);
      return account;
    },
    /** Changes the app’s settings: `{development: true}`, `{blocked: true}`, `{rights: […]}`. */
    app(input) {
      for (const app of world.apps(platform)) Object.assign(app.settings, input);
      return world.apps(platform).map(({ clientId, settings }) => ({ clientId, settings }));
    },
  };
}
