import { commands, heading, type Topic, terms, text } from './topic.ts';

export const rules: Topic = {
  name: 'rules',
  title: 'Rules: what is republished where, with which text and when',
  blocks: [
    text(
      'A rule takes the videos of one source to one or more destination accounts. One video goes to one account once,',
      'for ever, however many rules want it.',
    ),
    commands(
      ['repost rule add --from tiktok:@you --to youtube:@you --to instagram:@you'],
      ['repost rule test everywhere --last 30', 'what it would do with the last thirty'],
      ['repost plan', 'what is going to be posted, and why the rest is not'],
    ),
    heading('Which videos'),
    terms([
      ['#norepost', 'anywhere in a caption keeps that video from being republished, whatever the rules say'],
      ['--hashtag, --not-hashtag', 'only with, or without, one of these hashtags'],
      ['--caption-contains, --not-caption', 'only with, or without, one of these texts in the caption'],
      ['--pattern EXPRESSION', 'only captions in which this RE2 expression is found'],
      ['--min-duration, --max-duration', 'lengths such as 10s or 3m'],
      ['--aspect, --language, --skip-ai', 'by shape, by language, without what is labelled as made by AI'],
      ['--since DATE, --backfill N', 'also what was there before the rule'],
      ['--catch-up', 'what was missed while nothing ran: all, newest:N or none'],
    ]),
    text(
      'all, any and not may be nested in a rule file: repost rule export, repost rule edit, repost rule apply.',
    ),
    heading('When'),
    terms([
      ['--delay 30m', 'so long after the video appeared'],
      ['--window "Mon-Fri 09:00-17:00"', 'only then, by the clock on the wall of --timezone'],
      ['--slot 09:00', 'one post at each slot; when today’s are taken, tomorrow’s follow'],
      ['--gap 2h, --per-day 3', 'between posts of one account, and in one day'],
      ['--approve', 'nothing goes out until you say: repost jobs approve'],
    ]),
    heading('Which file'),
    terms([
      ['--media folder:DIR', 'your originals: the best there is, without a watermark'],
      ['--media export:ZIP', 'the archive of TikTok’s “Download your data”'],
      ['--media yt-dlp', 'the video’s page; only where TikTok permits you that'],
      ['--fit, --too-long', 'what may be done to a file that does not fit a platform'],
    ]),
    text('All flags: repost help rule add. The words in braces: repost help templates.'),
  ],
};
