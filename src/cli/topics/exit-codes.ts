import { exitCodes } from '../exit.ts';
import { commands, heading, type Topic, terms, text } from './topic.ts';

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done',
  failed: 'it failed',
  usage: 'the command line was wrong, or an answer was missing and nobody could be asked',
  partly: 'partly: some jobs ended dead or unknown',
  login: 'somebody must sign in',
  later: 'temporary: try again later',
  unknown: 'the outcome is unknown: look before anything is repeated',
  interrupted: 'it was interrupted',
};

export const exitCodesTopic: Topic = {
  name: 'exit-codes',
  title: 'Exit codes: what a script may rely on',
  blocks: [
    terms(
      Object.entries(exitCodes).map(([name, code]) => [
        String(code),
        meanings[name as keyof typeof exitCodes],
      ]),
    ),
    text(
      'Data goes to standard output, everything else to standard error. With --json an error is one JSON object there,',
      'with its code, its class, what happened and what to do.',
    ),
    heading('Examples'),
    commands(
      ['repost sync --json > posts.json || echo "exit code $?"'],
      ['repost errors explain E_SCOPES', 'any error code'],
    ),
  ],
};
