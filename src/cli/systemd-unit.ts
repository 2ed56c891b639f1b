import { Failure } from '../core/failure.ts';
import { type ServiceSpec, SYSTEM_USER } from './service-spec.ts';

/** One `Key=value` of a unit, or a remark. */
type Line = readonly [key: string, value: string] | string;

/**
 * The unit of the daemon. Options: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html and
 * systemd.service.html. `systemd-analyze security` gives the system unit 1.3.
 */
export function systemdUnit(spec: ServiceSpec): string {
  const sections: [string, Line[]][] = [
    ['Unit', unitLines(spec)],
    ['Service', [...serviceLines(spec), ...hardening(spec)]],
    ['Install', [['WantedBy', spec.scope === 'system' ? 'multi-user.target' : 'default.target']]],
  ];
  return sections
    .map(([name, lines]) =>
      [
        `[${name}]`,
        ...lines.map((line) => (typeof line === 'string' ? `# ${line}` : line.join('='))),
        '',
      ].join('\n'),
    )
    .join('\n');
}

function unitLines({ scope }: ServiceSpec): Line[] {
  const network: Line[] =
    scope === 'system'
      ? [
          ['Wants', 'network-online.target'],
          ['After', 'network-online.target'],
        ]
      : [];
  return [
    ['Description', 'repost: republishes your TikTok videos'],
    ...network,
    'A daemon that nobody watches must come back however often it failed.',
    ['StartLimitIntervalSec', '0'],
  ];
}

function serviceLines(spec: ServiceSpec): Line[] {
  const { scope, node, program, environment, credential } = spec;
  const own: Line[] =
    scope === 'system'
      ? [
          ['User', SYSTEM_USER],
          ['Group', SYSTEM_USER],
          ['StateDirectory', 'repost'],
          ['StateDirectoryMode', '0700'],
        ]
      : [];
  const key: Line[] = credential
    ? [
        [
          credential.encrypted ? 'LoadCredentialEncrypted' : 'LoadCredential',
          `vault-key:${escapeSpecifiers(credential.path)}`,
        ],
      ]
    : [];
  return [
    ['Type', 'notify'],
    'systemd-notify speaks for Node, which has no sockets of that kind; other programs are not told the address.',
    ['NotifyAccess', 'all'],
    ['ExecStart', [node, program, 'daemon'].map(quoteArgument).join(' ')],
    ['ExecReload', '/bin/kill -HUP $MAINPID'],
    ...Object.entries(environment).map(
      ([name, value]) => ['Environment', quote(`${name}=${value}`)] as const,
    ),
    ...own,
    ...key,
    ['SyslogIdentifier', 'repost'],
    ['WatchdogSec', '120'],
    ['TimeoutStartSec', '5min'],
    'The daemon asks for more while an upload ends.',
    ['TimeoutStopSec', '45'],
    ['KillMode', 'mixed'],
    ['Restart', 'on-failure'],
    ['RestartSec', '5'],
    ...(Number(spec.systemdVersion) >= 254
      ? ([
          ['RestartSteps', '8'],
          ['RestartMaxDelaySec', '5min'],
        ] as const)
      : []),
    'Exit codes of mistakes that a restart does not mend: settings, sign-in.',
    ['RestartPreventExitStatus', '1 2 4'],
    ['OOMPolicy', 'stop'],
  ];
}

/** What any service manager can enforce, also that of a person without rights. */
const forAll: readonly Line[] = [
  ['UMask', '0077'],
  'Memory holds tokens: none of it goes to a core file.',
  ['LimitCORE', '0'],
  ['MemoryHigh', '768M'],
  ['TasksMax', '256'],
  ['NoNewPrivileges', 'yes'],
  ['LockPersonality', 'yes'],
  ['RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX'],
  ['RestrictNamespaces', 'yes'],
  ['RestrictRealtime', 'yes'],
  ['RestrictSUIDSGID', 'yes'],
  ['SystemCallArchitectures', 'native'],
  ['SystemCallFilter', '@system-service'],
  ['SystemCallFilter', '~@privileged @resources'],
  ['SystemCallErrorNumber', 'EPERM'],
];

/** MemoryDenyWriteExecute is not among them: it ends Node, whose compiler writes code. */
const forSystem: readonly Line[] = [
  ['ProtectSystem', 'strict'],
  ['PrivateTmp', 'yes'],
  ['PrivateDevices', 'yes'],
  ['PrivateMounts', 'yes'],
  ['PrivateUsers', 'yes'],
  ['ProtectHostname', 'yes'],
  ['ProtectClock', 'yes'],
  ['ProtectKernelTunables', 'yes'],
  ['ProtectKernelModules', 'yes'],
  ['ProtectKernelLogs', 'yes'],
  ['ProtectControlGroups', 'yes'],
  ['ProtectProc', 'invisible'],
  ['ProcSubset', 'pid'],
  ['RemoveIPC', 'yes'],
  ['CapabilityBoundingSet', ''],
  ['AmbientCapabilities', ''],
  ['KeyringMode', 'private'],
  ['DevicePolicy', 'closed'],
];

function hardening({ scope, folders }: ServiceSpec): Line[] {
  if (scope === 'user') return [...forAll];
  const inHomes = folders.some((folder) => /^\/(?:home|root|run\/user)(?:\/|$)/u.test(folder));
  return [
    ...forAll,
    // Hidden, but so that single folders can be shown in it.
    ['ProtectHome', inHomes ? 'tmpfs' : 'yes'],
    ...folders.map((folder) => ['BindReadOnlyPaths', quote(folder)] as const),
    ...forSystem,
  ];
}

/** A value with quotes around it, where systemd would split it otherwise. `%` begins a specifier. */
function quote(text: string): string {
  refuseControls(text);
  const escaped = escapeSpecifiers(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[\w@%+=:,./-]+$/u.test(escaped) ? escaped : `"${escaped}"`;
}

/** In a command `$` begins a variable as well. */
function quoteArgument(text: string): string {
  return quote(text).replaceAll('$', '$$$$');
}

function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

function refuseControls(text: string): void {
  if (!/[\u0000-\u001f\u007f]/u.test(text)) return;
  throw new Failure('E_SERVICE', {
    message: `A path or variable of the service has a control character in it: ${JSON.stringify(text)}.`,
  });
}
