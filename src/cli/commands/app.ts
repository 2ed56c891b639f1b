import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function appCommands(program: Command, around: Surroundings): void {
  const app = program
    .command('app')
    .alias('apps')
    .description('your own developer apps: client ids and secrets')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost app add tiktok --client-id ID --client-secret-stdin < secret.txt\n  $ repost app check tiktok',
    );

  const add = app
    .command('add <platform>')
    .description('store the keys of your developer app (the secret goes to the vault)')
    .option('--client-id <id>', 'client id (TikTok: client key)')
    .option('--client-secret-stdin', 'read the client secret from standard input')
    .option('--client-secret-file <file>', 'read the client secret from a file')
    .option('--redirect-uri <uri>', 'redirect address, where you registered another than the default')
    .option('--server <host>', 'server the app belongs to (Mastodon)')
    .option('--instagram-login', 'the app’s Instagram id and secret, for sign-ins without a Page')
    .addHelpText(
      'after',
      '\nExample:\n  $ repost app add youtube --client-id 123.apps.googleusercontent.com --client-secret-stdin < secret.txt',
    );
  add.action(act(around, add, async () => (await import('../actions/app.ts')).addApp));

  const list = app
    .command('list', { isDefault: true })
    .description('the developer apps that are stored')
    .addHelpText('after', '\nExample:\n  $ repost app list');
  list.action(act(around, list, async () => (await import('../actions/app.ts')).listApps));

  const check = app
    .command('check <platform>')
    .description('ask the platform whether the keys are right, and say what to register')
    .option('--server <host>', 'server the app belongs to (Mastodon)')
    .option('--instagram-login', 'the app’s Instagram id and secret, for sign-ins without a Page')
    .addHelpText('after', '\nExample:\n  $ repost app check x');
  check.action(act(around, check, async () => (await import('../actions/app.ts')).checkApp));

  const remove = app
    .command('remove <platform>')
    .description('forget the app and its secret')
    .option('--server <host>', 'server the app belongs to (Mastodon)')
    .option('--instagram-login', 'the app’s Instagram id and secret, for sign-ins without a Page')
    .addHelpText('after', '\nExample:\n  $ repost app remove x');
  remove.action(act(around, remove, async () => (await import('../actions/app.ts')).removeApp));
}
