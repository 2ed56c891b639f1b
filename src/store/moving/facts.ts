/** What there is of each noun; one text for both databases. */
export const counting = {
  sql: `SELECT
    (SELECT count(*) FROM accounts WHERE removed_at IS NULL) AS accounts,
    (SELECT count(*) FROM rules WHERE removed_at IS NULL) AS rules,
    (SELECT count(*) FROM videos) AS videos,
    (SELECT count(*) FROM jobs) AS jobs,
    (SELECT count(*) FROM posts) AS posts`,
  none: { accounts: 0, rules: 0, videos: 0, jobs: 0, posts: 0 },
} as const;
