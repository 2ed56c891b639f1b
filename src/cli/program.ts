import { Command } from 'commander';
import type { Surroundings } from './command.ts';
import { accountsCommands } from './commands/accounts.ts';
import { appCommands } from './commands/app.ts';
import { configCommands } from './commands/config.ts';
import { daemonCommands } from './commands/daemon.ts';
import { jobsCommands } from './commands/jobs.ts';
import { limitsCommands } from './commands/limits.ts';
import { loginCommands } from './commands/login.ts';
import { quarantineCommands } from './commands/quarantine.ts';
import { ruleCommands } from './commands/rule.ts';
import { sandboxCommands } from './commands/sandbox.ts';
import { sourceCommands } from './commands/source.ts';
import { statusCommands } from './commands/status.ts';
import { versionCommand } from './commands/version.ts';

/** The whole tree of commands. Only declarations: what a command does is loaded when it runs. */
export function buildProgram(around: Surroundings): Command {
  const program = new Command('repost')
    .description('Republishes your own TikTok videos everywhere else, by your rules, exactly once.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void around.io.stdout.write(text),
      writeErr: (text) => void around.io.stderr.write(text),
      outputError: () => undefined,
    })
    .enablePositionalOptions()
    .showHelpAfterError(false)
    .showSuggestionAfterError(true);
  const register = [
    loginCommands,
    accountsCommands,
    appCommands,
    sourceCommands,
    ruleCommands,
    daemonCommands,
    statusCommands,
    jobsCommands,
    limitsCommands,
    quarantineCommands,
    configCommands,
    sandboxCommands,
    versionCommand,
  ];
  for (const add of register) add(program, around);
  for (const command of allCommands(program)) {
    command.option('--json', 'print JSON').option('--no-input', 'never ask; fail with exit code 2 instead');
    command.exitOverride().configureOutput(program.configureOutput());
  }
  return program;
}

function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child as Command, ...allCommands(child as Command)]);
}
