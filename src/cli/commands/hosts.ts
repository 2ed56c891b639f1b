import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function hostsCommands(program: Command, around: Surroundings): void {
  const hosts = program
    .command('hosts')
    .description('the machines that share a store on PostgreSQL: who works, who is lost')
    .addHelpText('after', '\nExamples:\n  $ repost hosts\n  $ repost hosts drain web1-3fa2c1');
  const load = () => import('../actions/hosts.ts');

  const list = hosts
    .command('list', { isDefault: true })
    .description('each host with its state, what it runs, and how its clock goes')
    .addHelpText('after', '\nExample:\n  $ repost hosts list --json');
  list.action(act(around, list, async () => (await load()).listHosts));
  const drain = hosts
    .command('drain <host>')
    .description('let a host end what runs and take nothing new')
    .addHelpText('after', '\nExample:\n  $ repost hosts drain web1-3fa2c1');
  drain.action(act(around, drain, async () => (await load()).drainHost));
  const resume = hosts
    .command('resume <host>')
    .description('let a drained host work again')
    .addHelpText('after', '\nExample:\n  $ repost hosts resume web1-3fa2c1');
  resume.action(act(around, resume, async () => (await load()).resumeHost));
  const forget = hosts
    .command('forget <host>')
    .description('say that a lost host sends nothing any more: others may send what it left in doubt')
    .option('--yes', 'do not ask: it is certain that no process of it runs')
    .addHelpText('after', '\nExample:\n  $ repost hosts forget web1-3fa2c1');
  forget.action(act(around, forget, async () => (await load()).forgetHost));
}
