import { Command } from 'commander';
import { Failure } from '../core/failure.ts';
import type { Surroundings } from './command.ts';
import { accountsCommands } from './commands/accounts.ts';
import { alertsCommands } from './commands/alerts.ts';
import { analyticsCommands, mcpCommands } from './commands/analytics.ts';
import { appCommands } from './commands/app.ts';
import { auditCommands } from './commands/audit.ts';
import { backupCommands } from './commands/backup.ts';
import { completionCommands } from './commands/completion.ts';
import { configCommands } from './commands/config.ts';
import { daemonCommands } from './commands/daemon.ts';
import { doctorCommands } from './commands/doctor.ts';
import { errorsCommands } from './commands/errors.ts';
import { hostCommands } from './commands/host.ts';
import { hostsCommands } from './commands/hosts.ts';
import { importCommands } from './commands/import.ts';
import { initCommands } from './commands/init.ts';
import { jobsCommands } from './commands/jobs.ts';
import { ledgerCommands } from './commands/ledger.ts';
import { limitsCommands } from './commands/limits.ts';
import { loginCommands } from './commands/login.ts';
import { metricsCommands } from './commands/metrics.ts';
import { opsCommands } from './commands/ops.ts';
import { planCommands } from './commands/plan.ts';
import { quarantineCommands } from './commands/quarantine.ts';
import { ruleCommands } from './commands/rule.ts';
import { sandboxCommands } from './commands/sandbox.ts';
import { serviceCommands } from './commands/service.ts';
import { sourceCommands } from './commands/source.ts';
import { statusCommands } from './commands/status.ts';
import { storeCommands } from './commands/store.ts';
import { usersCommands } from './commands/users.ts';
import { vaultCommands } from './commands/vault.ts';
import { versionCommand } from './commands/version.ts';
import { columnsOf } from './io.ts';
import { closest } from './suggest.ts';
import { topics } from './topics/index.ts';

/**
 * The tree of commands. Only declarations: what a command does is loaded when it runs. Where the line begins with
 * a command’s name (`word`), only the branch that holds it, because to build the whole costs more than most
 * commands do.
 */
export function buildProgram(around: Surroundings, word?: string): Command {
  const program = new Command('repost')
    .description('Republishes your own TikTok videos everywhere else, by your rules, exactly once.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void around.io.stdout.write(text),
      writeErr: (text) => void around.io.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => columnsOf(around.io.stdout),
      getErrHelpWidth: () => columnsOf(around.io.stderr),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .enablePositionalOptions()
    .showHelpAfterError(false)
    .showSuggestionAfterError(true)
    .addHelpText('after', () => `\nTopics (repost help TOPIC):\n${topicLines()}`)
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost demo                 # see it all at work, on simulated platforms\n  $ repost login tiktok\n  $ repost help rule add',
    );
  const branch = branches.get(word ?? '');
  for (const [title, register] of groups) {
    program.commandsGroup(title);
    for (const add of register) if (!branch || add === branch) add(program, around);
  }
  for (const command of [program, ...allCommands(program)]) {
    command.option('--json', 'print JSON').option('--no-input', 'never ask; fail with exit code 2 instead');
    command.exitOverride().configureOutput(program.configureOutput());
    command.configureHelp({ subcommandTerm });
    if (command.commands.length > 0) command.hook('preSubcommand', refuseUnknown);
  }
  return program;
}

type Register = (program: Command, around: Surroundings) => void;

/** As the help lists them: in the order in which a person needs them. */
const groups: readonly [string, readonly Register[]][] = [
  [
    'Set up:',
    [
      initCommands,
      appCommands,
      loginCommands,
      accountsCommands,
      sourceCommands,
      ruleCommands,
      hostCommands,
      alertsCommands,
    ],
  ],
  ['Publish:', [planCommands, importCommands, daemonCommands]],
  [
    'Look and mend:',
    [
      statusCommands,
      jobsCommands,
      limitsCommands,
      auditCommands,
      quarantineCommands,
      hostsCommands,
      doctorCommands,
      metricsCommands,
      opsCommands,
    ],
  ],
  ['People and programs:', [usersCommands, analyticsCommands, mcpCommands]],
  [
    'This machine:',
    [
      serviceCommands,
      configCommands,
      backupCommands,
      storeCommands,
      vaultCommands,
      ledgerCommands,
      errorsCommands,
      completionCommands,
      versionCommand,
    ],
  ],
  ['Try:', [sandboxCommands]],
];

/** Which branch a first word stands on, with its other names. What needs the whole tree (`complete`) is not here. */
const branches: ReadonlyMap<string, Register> = new Map(
  Object.entries({
    init: initCommands,
    'app apps': appCommands,
    'login logout': loginCommands,
    'accounts account': accountsCommands,
    'source sources': sourceCommands,
    'rule rules': ruleCommands,
    host: hostCommands,
    'alerts alert': alertsCommands,
    'plan warnings warning': planCommands,
    import: importCommands,
    'sync daemon': daemonCommands,
    'status posts post videos video': statusCommands,
    'jobs job': jobsCommands,
    'limits limit': limitsCommands,
    audit: auditCommands,
    quarantine: quarantineCommands,
    hosts: hostsCommands,
    doctor: doctorCommands,
    metrics: metricsCommands,
    ops: opsCommands,
    'users user dashboard token tokens': usersCommands,
    analytics: analyticsCommands,
    mcp: mcpCommands,
    service: serviceCommands,
    'config paths path': configCommands,
    'backup restore': backupCommands,
    store: storeCommands,
    vault: vaultCommands,
    ledger: ledgerCommands,
    'errors error': errorsCommands,
    version: versionCommand,
    'sandbox demo': sandboxCommands,
  }).flatMap(([words, register]) => words.split(' ').map((word) => [word, register] as const)),
);

/** The first words that have a branch of their own. */
export const branchWords: readonly string[] = [...branches.keys()];

function topicLines(): string {
  return Object.entries(topics)
    .map(([name, { summary }]) => `  ${name.padEnd(16)}  ${summary}`)
    .join('\n');
}

function subcommandTerm(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...args].join(' ');
}

export function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child as Command, ...allCommands(child as Command)]);
}

/** A group with a command of its own by default would take a mistyped name for that one’s argument. */
function refuseUnknown(group: Command, chosen: Command): void {
  const [typed] = group.args;
  if (typed === undefined || typed.startsWith('-') || typed === chosen.name()) return;
  if (chosen.aliases().includes(typed) || chosen.registeredArguments.length > 0) return;
  const names = group.commands.map((command) => command.name());
  const near = closest(typed, names);
  throw new Failure('E_USAGE', {
    message: `There is no command “${group.name()} ${typed}”.`,
    hint: `${near ? `Did you mean “${near}”? ` : ''}Commands of ${group.name()}: ${names.join(', ')}.`,
    command: `repost ${group.name()} ${near ?? '--help'}`,
  });
}
