/** A table as a move copies it. */
export interface MovedTable {
  name: string;
  /** What its rows are sorted by: the same order in both stores, since text sorts by its bytes. */
  key: readonly string[];
  /** The first of `key` comes from a counter, which moves too: no id is ever given twice. */
  counted?: true;
  /** Rows that are not copied. */
  except?: string;
  /** What it is called on a server, where that differs for writing. */
  writtenAs?: string;
}

const counted = (name: string): MovedTable => ({ name, key: ['id'], counted: true });

/** All that lasts, in an order in which no row comes before one that it refers to. A test holds that none is missing. */
export const movedTables: readonly MovedTable[] = [
  { name: 'meta', key: ['key'], except: "key = 'store.place'" },
  { name: 'users', key: ['name'] },
  { name: 'apps', key: ['platform', 'host'] },
  counted('accounts'),
  counted('sources'),
  counted('rules'),
  counted('videos'),
  counted('jobs'),
  { name: 'posts', key: ['job_id'] },
  counted('attempts'),
  { name: 'steps', key: ['job_id', 'name'] },
  counted('spends'),
  { name: 'buckets', key: ['scope_key', 'bucket'] },
  { name: 'media', key: ['sha256'] },
  { name: 'breakers', key: ['account_id'] },
  counted('hosted'),
  { name: 'credentials', key: ['id'] },
  { name: 'replies', key: ['key'] },
  counted('alert_channels'),
  counted('alert_problems'),
  counted('alert_notices'),
  // SQLite has the column without being told: it is the order in which they came.
  { name: 'alert_messages', key: ['rowid'], counted: true },
  counted('alert_deliveries'),
  counted('audit'),
  { name: 'post_numbers', key: ['job_id'] },
  { name: 'video_numbers', key: ['video_id'] },
  { name: 'hosts', key: ['name'] },
  // How many jobs are in which state is counted anew.
  {
    name: 'tallies',
    key: ['metric', 'platform', 'label', 'le'],
    except: "metric = 'jobs'",
    writtenAs: 'tally_parts',
  },
];

/** Where one of these has a row, somebody has set that store up. */
export const tellingTables = ['accounts', 'apps', 'sources', 'rules', 'videos', 'jobs', 'alert_channels'];

/** Jobs by state, as the counter of the metrics has them: the same text for both databases. */
export const RECOUNT = `
  SELECT 'jobs' AS metric, accounts.platform, jobs.state || ':' || coalesce(jobs.reason, '') AS label, count(*) AS n
  FROM jobs JOIN accounts ON accounts.id = jobs.account_id GROUP BY 2, 3`;
