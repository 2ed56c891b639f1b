import { commands, heading, type Topic, terms, text } from './topic.ts';

export const limits: Topic = {
  name: 'limits',
  title: 'Limits: how many posts and requests, and when the next is free',
  blocks: [
    text(
      'Each platform’s limits are known here with the address they come from. Spending is counted before a request',
      'leaves, in the database, so that a restart never hands out a fresh day. Where a platform tells its own numbers,',
      'they are read and believed.',
    ),
    text(
      'A full limit never fails a job. It waits with the reason “quota” until the limit frees, and goes on by itself.',
    ),
    commands(
      ['repost limits', 'every limit: used, left, when the next is free'],
      ['repost limits set youtube:@you channel 4', 'lower one for an account'],
      ['repost limits set x:@you money 5.00', 'at most five dollars a month at X'],
    ),
    heading('Words'),
    terms([
      ['app', 'a limit of your developer app, shared by all its accounts'],
      ['account', 'a limit of one account'],
      ['user', 'a limit of one owner of accounts on this machine'],
      ['trailing', 'any span of that length: an hour, a day'],
      ['day', 'a calendar day in the platform’s own time zone (YouTube: Los Angeles)'],
      ['millicents', 'thousandths of a US cent; 100,000 are a dollar'],
    ]),
    text('The command itself: repost limits --help.'),
  ],
};
