import type { Bluesky } from './bluesky.ts';
import type { Resident } from './bluesky-network.ts';
import { setQuirks } from './bluesky-quirks.ts';
import type { Simulator } from './types.ts';

/** The levers of the simulated Bluesky. An account is named by DID or handle. */
export function blueskyControls(bluesky: Bluesky): Simulator['controls'] {
  const { world, quirks, network, oauth, passwords, proofs, repo, service, view } = bluesky;
  const residentOf = (input: unknown): Resident => {
    const name = textOf(input, 'account');
    const found = network.find(name);
    if (!found) throw new Error(`there is no account ${name}`);
    return found;
  };
  return {
    /** Sets quirks by name; gives them all. */
    quirks: (input) => ({ ...setQuirks(quirks, input) }),
    /** `{"account", "pds": "https://pds.example.org"}`: the account moves to another server, with all it has. */
    move: (input) => network.move(textOf(input, 'account'), textOf(input, 'pds')).pds,
    /** `{"account", "status": "active" | "deactivated" | "takendown"}`. */
    status: (input) => {
      const status = textOf(input, 'status');
      if (status !== 'active' && status !== 'deactivated' && status !== 'takendown')
        throw new Error('status is active, deactivated or takendown');
      return network.setStatus(textOf(input, 'account'), status).status;
    },
    /** `{"account"}`: a new app password. */
    appPassword: (input) => ({ password: passwords.makePassword(residentOf(input).did) }),
    /** `{"password"}`: its person takes an app password back. */
    revokePassword: (input) => ({ sessions: passwords.revokePassword(textOf(input, 'password')) }),
    /** Ends every access token before its time. */
    endAccessTokens: () => ({ ended: oauth.endAccessTokens() + passwords.endAccessTokens() }),
    /** `{"account"}`: its person takes the access of all applications away. */
    endSessions: (input) => ({ ended: oauth.endSessions(residentOf(input).did) }),
    /** Every proof nonce that is out is no longer taken. */
    rotateNonces: () => proofs.rotate(),
    /** `{"uri"}`: the owner deletes a post. */
    remove: (input) => repo.remove(textOf(input, 'uri')),
    /** `{"uri", "likeCount", "replyCount", "repostCount", "quoteCount"}`: what people did with a post. */
    numbers: (input) => {
      const { uri: _, ...counts } = input as Record<string, number | string>;
      view.count(textOf(input, 'uri'), counts as Record<string, number>);
    },
    /** `{"account", "text", "rkey"}`: the owner posts by hand. */
    post: (input) => {
      const { rkey } = input as { rkey?: unknown };
      const value = {
        $type: 'app.bsky.feed.post',
        text: textOf(input, 'text'),
        createdAt: new Date(world.clock.now()).toISOString(),
      };
      const { cid, rkey: key } = repo.post(
        residentOf(input),
        value,
        typeof rkey === 'string' ? rkey : undefined,
      );
      return { cid, rkey: key };
    },
    /** Sweeps away the files that no record uses. */
    dropBlobs: () => ({ dropped: repo.dropBlobs() }),
    /** The video service forgets all its work. */
    forgetJobs: () => service.forget(),
    /** The work of the video service. */
    jobs: () => service.jobs(),
  };
}

function textOf(input: unknown, name: string): string {
  const value = (input as Record<string, unknown> | null | undefined)?.[name];
  if (typeof value === 'string') return value;
  throw new Error(`${name} is a text`);
}
