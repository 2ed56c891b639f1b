import type { Changes, Connection, Work } from './connection.ts';
import { parse } from './rows.ts';
import type { AuditAction, AuditRow, AuditStore } from './types.ts';

interface Columns {
  id: number;
  at: number;
  action: AuditAction;
  actor: string;
  job_id: number;
  word: string | null;
  detail: string;
}

/** Writes a line; call it inside the transaction of what it is about. */
export type Note = (action: AuditAction, jobId: number, actor: string, now: number) => Work<Changes>;

/** The engine’s own doing: by a rule, or because the source took the video back. */
export const ENGINE = 'repost';

const NAMES = `json_object(
  'source', sources.name, 'video', videos.remote_id, 'account', accounts.platform || ':' || accounts.handle,
  'rule', rules.name, 'user', jobs.user, 'post', posts.remote_id, 'url', posts.url)`;
const JOINED = `jobs JOIN videos ON videos.id = jobs.video_id JOIN sources ON sources.id = videos.source_id
  JOIN accounts ON accounts.id = jobs.account_id LEFT JOIN rules ON rules.id = jobs.rule_id
  LEFT JOIN posts ON posts.job_id = jobs.id`;

export function auditor({ query }: Pick<Connection, 'query'>): Note {
  const insert = query(`
    INSERT INTO audit (at, action, actor, job_id, word, detail)
    SELECT :now, :action, :actor, jobs.id,
      CASE WHEN :action = 'published' THEN coalesce(
        (SELECT action || ' by ' || actor FROM audit WHERE job_id = jobs.id AND actor <> '${ENGINE}'
          AND action IN ('approved', 'edited', 'retried', 'resolved') ORDER BY id DESC LIMIT 1),
        'rule ' || rules.name || ' of ' || jobs.user) END,
      ${NAMES}
    FROM ${JOINED} WHERE jobs.id = :jobId`);
  return (action, jobId, actor, now) => insert.run({ action, jobId, actor, now });
}

const DEFAULT_LIMIT = 50;

/** What was posted, by which rule, on whose word; and what people decided. */
export function auditStore({ query, read }: Connection): AuditStore {
  const all = query<Columns>(`
    SELECT * FROM audit WHERE (job_id = :jobId OR :jobId IS NULL) AND at >= :since AND id < :before
      AND (detail ->> '$.user' = :user OR :user IS NULL)
    ORDER BY id DESC LIMIT :limit`);
  return {
    list: ({ jobId, user, since, limit, before }) =>
      read(function* () {
        const rows = yield* all.all({
          jobId: jobId ?? null,
          user: user ?? null,
          since: since ?? 0,
          before: before ?? Number.MAX_SAFE_INTEGER,
          limit: limit ?? DEFAULT_LIMIT,
        });
        return rows.map(
          (row): AuditRow => ({
            id: row.id,
            at: row.at,
            action: row.action,
            actor: row.actor,
            jobId: row.job_id,
            word: row.word,
            ...parse<Omit<AuditRow, 'id' | 'at' | 'action' | 'actor' | 'jobId' | 'word'>>(row.detail),
          }),
        );
      }),
  };
}
