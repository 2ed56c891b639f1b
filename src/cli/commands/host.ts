import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function hostCommands(program: Command, around: Surroundings): void {
  const host = program
    .command('host')
    .description('where videos are made public for platforms that fetch them (Threads, Instagram Login)')
    .addHelpText('after', '\nExamples:\n  $ repost host\n  $ repost host check');
  const load = () => import('../actions/host.ts');

  const show = host
    .command('show', { isDefault: true })
    .description('the media host that is set')
    .addHelpText('after', '\nExample:\n  $ repost host show --json');
  show.action(act(around, show, async () => (await load()).showHost));

  const set = host
    .command('set')
    .description('use a bucket, or a folder of your own web server')
    .addHelpText(
      'after',
      '\nExample:\n  $ repost host set folder --folder /var/www/videos --url https://example.com/videos',
    );
  const s3 = set
    .command('s3')
    .description('a bucket on any S3-compatible service (the secret key goes to the vault)')
    .option('--endpoint <url>', 'address of the service; {bucket} in it puts the bucket into the name')
    .option('--bucket <name>', 'bucket: keep it private, addresses are signed')
    .option('--region <name>', 'region that requests are signed for (us-east-1; Cloudflare R2: auto)')
    .option('--prefix <text>', 'what object names begin with (repost/)')
    .option('--access-key-id <id>', 'access key id')
    .option('--secret-key-stdin', 'read the secret access key from standard input')
    .option('--url <url>', 'public address of the bucket, where it has one: then nothing is signed')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost host set s3 --endpoint https://s3.eu-central-1.amazonaws.com --region eu-central-1 \\\n      --bucket my-videos --access-key-id AKIA… --secret-key-stdin < key.txt\n  $ repost host set s3 --secret-key-stdin < new-key.txt      # only the key',
    );
  s3.action(act(around, s3, async () => (await load()).setBucket));
  const folder = set
    .command('folder')
    .description('a folder that your own web server serves')
    .requiredOption('--folder <dir>', 'the folder on this machine')
    .requiredOption('--url <url>', 'its public address')
    .addHelpText(
      'after',
      '\nExample:\n  $ repost host set folder --folder /var/www/videos --url https://example.com/videos',
    );
  folder.action(act(around, folder, async () => (await load()).setFolder));

  const check = host
    .command('check')
    .description('put a small file there, fetch it as Meta does, delete it')
    .addHelpText('after', '\nExample:\n  $ repost host check');
  check.action(act(around, check, async () => (await load()).checkHost));

  const remove = host
    .command('remove')
    .description('forget the media host; copies that are still there are deleted')
    .addHelpText('after', '\nExample:\n  $ repost host remove');
  remove.action(act(around, remove, async () => (await load()).removeHost));
}
