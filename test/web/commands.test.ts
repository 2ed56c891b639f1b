import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { openWebBench, type WebBench } from './bench.ts';
import { type Document, operationsOf } from './operations.ts';

const secret = 'takes or shows a secret, which does not cross the API';
const machine = 'sets up or starts something on the machine itself';
const local = 'tells of the machine that it is typed on';

/** For every command the route that does the same, or why there is none. */
const routes: Readonly<Record<string, string | { none: string }>> = {
  init: { none: machine },
  'app add': { none: secret },
  'app list': 'listApps',
  'app check': 'checkApp',
  'app remove': 'removeApp',
  'login export': { none: secret },
  'login import': { none: secret },
  logout: 'removeAccount',
  'accounts list': 'listAccounts',
  'accounts show': 'showAccount',
  'accounts check': 'checkAccount',
  'accounts pause': 'pauseAccount',
  'accounts resume': 'resumeAccount',
  'source add': 'addSource',
  'source list': 'listSources',
  'source remove': 'removeSource',
  'rule add': 'addRule',
  'rule list': 'listRules',
  'rule show': 'showRule',
  'rule test': 'testRule',
  'rule export': 'exportRules',
  'rule apply': 'applyRules',
  'rule edit': 'replaceRule',
  'rule schema': 'showRuleSchema',
  'rule pause': 'pauseRule',
  'rule resume': 'resumeRule',
  'rule remove': 'removeRule',
  'host show': 'showHost',
  'host set s3': { none: secret },
  'host set folder': { none: 'a folder that is given to the public is named by the person at the machine' },
  'host check': 'checkHost',
  'host remove': 'removeHost',
  'alerts list': 'listAlerts',
  'alerts add': { none: secret },
  'alerts test': 'testAlerts',
  'alerts remove': 'removeAlert',
  'alerts rules': 'listAlertRules',
  'alerts problems': 'listProblems',
  plan: 'showPlan',
  'warnings list': 'listWarnings',
  'warnings silence': 'silenceWarning',
  'warnings restore': 'restoreWarning',
  import: 'importExport',
  sync: { none: 'is for homes without a daemon; the daemon does it by itself, at once by pollSources' },
  'daemon run': { none: machine },
  'daemon status': 'showDaemon',
  'daemon pause': 'pauseDaemon',
  'daemon resume': 'resumeDaemon',
  'daemon poll': 'pollSources',
  'daemon drain': 'drainDaemon',
  'daemon reload': 'reloadSettings',
  status: 'showStatus',
  posts: 'listPosts',
  'videos list': 'listVideos',
  'videos check': 'checkVideo',
  'jobs list': 'listJobs',
  'jobs show': 'showJob',
  'jobs retry': 'retryJob',
  'jobs cancel': 'cancelJob',
  'jobs approve': 'approveJob',
  'jobs edit': 'editJob',
  'jobs resolve': 'resolveJob',
  'jobs wait': 'followEvents',
  'jobs approve-link': 'makeApprovalLink',
  'limits list': 'listLimits',
  'limits set': 'setLimit',
  audit: 'listAudit',
  'quarantine show': 'showQuarantine',
  'quarantine release': 'releaseQuarantine',
  'hosts list': 'listHosts',
  'hosts drain': 'drainHost',
  'hosts resume': 'resumeHost',
  'hosts forget': { none: 'is the word of somebody who has seen that the machine is off' },
  doctor: 'runDoctor',
  metrics: { none: 'is /metrics, in the form that Prometheus reads' },
  'ops export': { none: 'writes files for other programs of the machine' },
  'users list': 'listUsers',
  'users add': 'addUser',
  'users set': 'setUser',
  'users remove': 'removeUser',
  'token add': { none: secret },
  'token list': 'listTokens',
  'token revoke': 'revokeToken',
  dashboard: { none: 'opens a browser on the machine' },
  analytics: 'showAnalytics',
  mcp: { none: 'is a way in of its own' },
  'service install': { none: machine },
  'service status': { none: machine },
  'service logs': { none: machine },
  'service uninstall': { none: machine },
  'service print': { none: machine },
  'service run': { none: machine },
  'config list': 'listSettings',
  'config get': 'listSettings',
  'config set': 'setSetting',
  'config unset': 'unsetSetting',
  paths: { none: local },
  backup: 'makeBackup',
  restore: { none: 'wants that no daemon runs' },
  'store show': { none: 'is about where this host finds its store' },
  'store migrate': { none: 'wants that no daemon runs' },
  'vault show': { none: secret },
  'vault move': { none: secret },
  'vault key set': { none: secret },
  'vault key remove': { none: secret },
  'vault key rotate': { none: secret },
  'ledger export': 'exportLedger',
  'ledger import': 'importLedger',
  'errors list': 'listErrors',
  'errors explain': 'explainError',
  completion: { none: local },
  complete: { none: local },
  version: { none: 'stands in the document itself (info.version)' },
  sandbox: { none: machine },
  demo: { none: machine },
};

let bench: WebBench;
beforeAll(async () => {
  bench = await openWebBench();
});
afterAll(() => bench.close());

function commandNames(): string[] {
  const stream = new PassThrough();
  const program = buildProgram({
    io: { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} },
    exit: () => undefined,
  });
  const pathOf = (command: Command): string[] =>
    command.parent ? [...pathOf(command.parent as Command), command.name()] : [];
  return allCommands(program)
    .filter(({ commands }) => commands.length === 0)
    .map((command) => pathOf(command).join(' '));
}

it('has a route for every command, or a reason', async () => {
  const document = (await bench.ask('GET', '/docs/openapi.json')).body as unknown as Document;
  const known = operationsOf(document).map(({ operationId }) => operationId);
  expect(Object.keys(routes).sort()).toEqual(commandNames().sort());
  const missing = Object.entries(routes).filter(
    ([, route]) => typeof route === 'string' && !known.includes(route),
  );
  expect(missing).toEqual([]);
});

it('has no route that no command stands behind', async () => {
  const document = (await bench.ask('GET', '/docs/openapi.json')).body as unknown as Document;
  const beyond = operationsOf(document)
    .map(({ operationId }) => operationId)
    .filter((id) => !Object.values(routes).includes(id));
  expect(beyond.sort()).toEqual([
    'endApprovalLink', // jobs approve-link --revoke
    'listAlertDeliveries', // alerts list --deliveries
    'retryJobs', // jobs retry --all-dead
    'showEvidence', // jobs resolve, without an answer
    'showSession',
    'showVideo',
    'showWeek', // analytics --week
    'signIn',
    'signOut',
  ]);
});
