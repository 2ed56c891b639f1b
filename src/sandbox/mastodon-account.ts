import type { SimAccount } from './types.ts';

/** https://docs.joinmastodon.org/entities/Account/ */
export function accountEntity(host: string, { id, handle, name }: SimAccount): object {
  const username = handle.replace(/^@/u, '');
  return {
    id,
    username,
    acct: username,
    display_name: name,
    locked: false,
    bot: false,
    discoverable: true,
    group: false,
    created_at: '2022-11-05T00:00:00.000Z',
    note: '<p>Nobody real</p>',
    url: `https://${host}/@${username}`,
    uri: `https://${host}/users/${username}`,
    avatar: `https://${host}/avatars/original/missing.png`,
    avatar_static: `https://${host}/avatars/original/missing.png`,
    header: `https://${host}/headers/original/missing.png`,
    header_static: `https://${host}/headers/original/missing.png`,
    followers_count: 3,
    following_count: 2,
    statuses_count: 1,
    last_status_at: '2026-11-21',
    emojis: [],
    fields: [],
  };
}
