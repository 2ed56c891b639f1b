import { join } from 'node:path';
import type { Bench } from '../cli/bench.ts';

/** One command of the tour, what it reads, and a word for it where the command comes more than once. */
export interface Stop {
  args: readonly string[];
  stdin?: string;
  as?: string;
}

/**
 * Commands whose answer is no object of ours, or that other tests hold because they listen, wait for a person, or
 * speak to this machine’s service manager.
 */
export const apart: Readonly<Record<string, string>> = {
  version: 'names this machine’s Node: test/cli/tree.test.ts',
  init: 'asks: test/e2e/init.test.ts',
  'daemon run': 'listens: test/e2e/daemon.test.ts',
  'daemon poll': 'speaks to a running daemon: test/e2e/control.test.ts',
  'daemon drain': 'speaks to a running daemon: test/e2e/control.test.ts',
  'daemon reload': 'speaks to a running daemon: test/e2e/control.test.ts',
  'jobs approve-link': 'needs a daemon with pages: test/e2e/approve.test.ts',
  dashboard: 'opens a browser: test/e2e/dashboard.test.ts',
  'store migrate': 'wants a server: test/store/moving.test.ts, test/cli/store.test.ts',
  'vault show': 'names this machine’s vault: test/cli/vault.test.ts',
  'vault move': 'wants a server: test/cli/vault.test.ts',
  'vault key set': 'wants a server: test/cli/vault.test.ts',
  'vault key remove': 'wants a server: test/cli/vault.test.ts',
  'vault key rotate': 'wants a server: test/cli/vault.test.ts',
  mcp: 'speaks MCP: test/e2e/audience.test.ts',
  'service install': 'changes this machine: test/system',
  'service uninstall': 'changes this machine: test/system',
  'service status': 'asks this machine: test/system',
  'service logs': 'asks this machine: test/system',
  'service run': 'is what systemd and launchd call: test/system',
  completion: 'prints a script: test/e2e/completion.test.ts',
  'service print': 'names this machine’s folders: test/cli, test/system',
  doctor: 'looks at this machine: test/cli/doctor.test.ts',
  'jobs resolve': 'needs a job in doubt: test/e2e/dead-letters.test.ts',
  'token revoke': 'needs the id of a token: test/e2e/api.test.ts',
  'alerts test': 'sends to a service: test/e2e/alerts.test.ts',
  'host check': 'sends to a bucket: test/e2e/host.test.ts',
  import: 'needs an export: test/cli/import.test.ts',
  'rule schema': 'is docs/rule.schema.json: test/house/schemas.test.ts',
  metrics: 'are those of docs/metrics.md: test/house',
  complete: 'speaks to a shell: test/e2e/completion.test.ts',
  'hosts drain': 'needs a host of a shared store: test/cli/hosts.test.ts',
  'hosts resume': 'needs a host of a shared store: test/cli/hosts.test.ts',
  'hosts forget': 'needs a host of a shared store: test/cli/hosts.test.ts',
  sandbox: 'listens: test/e2e',
  demo: 'a story of its own: npm run demo',
};

/** The whole tree once, on a home with a few accounts and posts, in an order in which each finds what it needs. */
export function tourOf({ dir, originals }: Bench): Stop[] {
  const at = (name: string) => join(dir, name);
  const phrase = 'a phrase that nobody guesses\n';
  const to = ['--to', 'youtube:@creator', '--to', 'x:@creator', '--media', `folder:${originals}`];
  const bucket = [
    '--endpoint',
    'https://s3.example.com',
    '--bucket',
    'videos',
    '--access-key-id',
    'AKIA',
    '--secret-key-stdin',
  ];
  const hook = 'https://hooks.slack.com/services/T0/B0/abcdefgh\n';
  const keys = ['--client-id', 'sandbox-linkedin-id', '--client-secret-stdin'];
  const lines: (string | Stop)[] = [
    'paths',
    'app list',
    { args: ['app', 'add', 'linkedin', ...keys], stdin: 'a secret of the app\n' },
    'app check youtube',
    'accounts list',
    'accounts show youtube:@creator',
    'accounts check x:@creator',
    { args: ['source', 'add', originals] },
    'source list',
    { args: ['source', 'remove', originals] },
    'rule list',
    'rule show everywhere',
    'rule test everywhere',
    { args: ['rule', 'export', '--all', '--into', at('rules.yaml')] },
    { args: ['rule', 'apply', at('rules.yaml'), '--dry-run'] },
    { args: ['rule', 'edit', 'again', '--file', at('rules.yaml')] },
    'rule pause again',
    'rule resume again',
    { args: ['rule', 'add', '--name', 'third', '--from', 'tiktok:@creator', ...to] },
    'rule remove third',
    'plan',
    'videos list',
    'videos check 1',
    'status',
    'posts --platform youtube',
    'jobs list',
    'jobs show 1',
    'jobs show 1 --raw',
    'jobs wait 1 --timeout 1s',
    'jobs edit 3 --text edited',
    'jobs approve 3',
    'jobs cancel 4',
    'jobs retry 6',
    'limits list',
    'limits set youtube:@creator uploads 5',
    'accounts pause x:@creator',
    'accounts resume x:@creator',
    { args: ['host', 'set', 'folder', '--folder', at('public'), '--url', 'https://media.example.com/v'] },
    'host show',
    'host remove',
    {
      args: ['host', 'set', 's3', ...bucket],
      stdin: 'a secret of the bucket\n',
    },
    { args: ['alerts', 'add', 'slack', '--name', 'hook', '--url-stdin'], stdin: hook },
    'alerts list',
    'alerts rules',
    'alerts problems',
    'alerts remove hook',
    'warnings list',
    'warnings silence x-links',
    'warnings restore x-links',
    'sync',
    'daemon status',
    'daemon pause',
    'daemon resume',
    'audit --limit 3',
    'hosts list',
    'quarantine show',
    'quarantine release --all',
    { args: ['ops', 'export', at('ops')] },
    'users add client --role viewer',
    'users set client --role operator',
    'users list',
    'token add --name reader --role viewer',
    'token list',
    'users remove client',
    'analytics',
    'analytics --week',
    'config set poll.interval 3m',
    'config get poll.interval',
    'config list',
    'config unset poll.interval',
    'store show',
    { args: ['backup', at('copy.backup'), '--with-vault', '--passphrase-stdin'], stdin: phrase },
    {
      args: ['login', 'export', 'x:@creator', '--passphrase-stdin', '--output', at('x.login')],
      stdin: phrase,
    },
    { args: ['login', 'import', at('x.login'), '--passphrase-stdin'], stdin: phrase },
    { args: ['ledger', 'export', at('ledger.jsonl')] },
    { args: ['ledger', 'import', at('ledger.jsonl'), '--dry-run'] },
    'errors list',
    'errors explain E_DB_BUSY',
    'logout x:@creator --force',
    'app remove x',
    { args: ['restore', at('copy.backup'), '--passphrase-stdin'], stdin: phrase },
  ];
  return lines.map((line) => (typeof line === 'string' ? { args: line.split(' ') } : line));
}
