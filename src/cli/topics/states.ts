import type { WaitReason } from '../../core/failure.ts';
import type { JobState } from '../../core/job.ts';
import { commands, heading, type Topic, terms, text } from './topic.ts';

const meanings: Readonly<Record<JobState, string>> = {
  waiting: 'it has an hour and a reason; see below',
  running: 'it is being published now',
  published: 'the platform confirmed it; repost posts has its address',
  unknown: 'it was sent, and nobody can say whether it appeared; never sent again by itself',
  dead: 'a dead letter: a permanent error, or all attempts used; it can be retried',
  cancelled: 'by a person, or because the source video went away first',
};

const reasons: Readonly<Record<WaitReason, string>> = {
  ready: 'its turn comes next',
  delay: 'the rule’s delay',
  window: 'the rule’s window, slot or gap',
  quota: 'a platform’s limit, until it frees',
  backoff: 'a pause after a failure; then another attempt',
  processing: 'the platform is still looking at the upload',
  approval: 'you: repost jobs approve',
  login: 'you: repost login PLATFORM',
  media: 'the file: put it where the rule looks',
  paused: 'the rule or the account was paused: repost rule resume, repost accounts resume',
  breaker: 'the platform keeps failing; a look at it decides when to go on',
};

export const states: Topic = {
  name: 'states',
  title: 'States: what a job can be, and what to do then',
  blocks: [
    text('A job is one video to one account. There is never a second one for the same two.'),
    terms(Object.entries(meanings)),
    heading('What a waiting job waits for'),
    terms(Object.entries(reasons)),
    heading('What a person can do'),
    commands(
      ['repost jobs list --state dead,unknown'],
      ['repost jobs show 12', 'its steps, its error, the way out'],
      ['repost jobs retry 12', 'a dead letter, once more'],
      ['repost jobs resolve 12', 'an unknown one: what was sent, what the account shows'],
      ['repost jobs resolve 12 --not-published', 'it is not there: publish it'],
      ['repost jobs cancel 12', 'never publish it'],
    ),
  ],
};
