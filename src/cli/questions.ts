/** One thing that a person may be asked, and what answers it where nobody can be. */
export interface Question {
  /** What is missing, said where nobody can be asked. */
  missing: string;
  /** By command: the options (`--account`) and arguments (`<kind>`) of which each answers it. */
  answers: Readonly<Record<string, readonly string[]>>;
  /** Variables that answer it too, for every command. */
  env?: readonly string[];
  /** True where the command goes on without an answer: only the guided first run asks. */
  optional?: true;
}

const sealed = ['--passphrase-stdin', '--passphrase-file'] as const;
const jobsNamed = ['<ids>', '--all'] as const;

/**
 * Everything that repost asks anybody. A prompt is reached by a name of this table alone (ask.ts), and a test walks
 * from each command to what it can ask and holds the answers that stand here against that command's options.
 */
export const questions = {
  initPlatforms: { missing: 'Where to?', answers: { init: ['--to'] } },
  initStep: { missing: 'Do it now?', answers: { init: ['--no-input'] } },
  appClientId: { missing: 'The client id is missing.', answers: { 'app add': ['--client-id'] } },
  appClientSecret: {
    missing: 'The client secret is missing.',
    answers: { 'app add': ['--client-secret-stdin', '--client-secret-file'] },
  },
  loginServer: { missing: 'Your server is missing.', answers: { login: ['--server'] } },
  loginHandle: { missing: 'Your handle is missing.', answers: { login: ['--account'] } },
  loginChannel: { missing: 'Your channel is missing.', answers: { login: ['--account'] } },
  whichAccount: { missing: 'Which account?', answers: { login: ['--account'] } },
  loginToken: { missing: 'The token is missing.', answers: { login: ['--token-stdin'] } },
  ruleOriginals: {
    missing: 'Where are the originals?',
    answers: { 'rule add': ['--media'] },
    optional: true,
  },
  ruleBackfill: {
    missing: 'How many older videos?',
    answers: { 'rule add': ['--backfill'] },
    optional: true,
  },
  keepRule: { missing: 'Keep this rule?', answers: { 'rule add': ['--paused'] }, optional: true },
  hostForget: {
    missing: 'Is it certain that this host runs no more?',
    answers: { 'hosts forget': ['--yes'] },
  },
  ruleText: { missing: 'The new text of the rule is missing.', answers: { 'rule edit': ['--file'] } },
  fetchConsent: {
    missing: 'May repost fetch these videos with yt-dlp?',
    answers: {
      'rule add': ['--accept-yt-dlp'],
      'rule apply': ['--accept-yt-dlp'],
      'rule edit': ['--accept-yt-dlp'],
    },
  },
  jobsToApprove: { missing: 'Which jobs?', answers: { 'jobs approve': jobsNamed } },
  jobText: {
    missing: 'What should it say?',
    answers: { 'jobs edit': ['--text', '--title', '--reset'], 'jobs approve': ['--text', '--title'] },
  },
  bucketKey: {
    missing: 'The secret key of the bucket is missing.',
    answers: { 'host set s3': ['--secret-key-stdin'] },
  },
  alertKind: { missing: 'Who is to be told?', answers: { 'alerts add': ['<kind>'] } },
  alertUrl: { missing: 'The address is missing.', answers: { 'alerts add': ['--url-stdin', '--url-file'] } },
  alertToken: {
    missing: 'The token is missing.',
    answers: { 'alerts add': ['--token-stdin', '--token-file'] },
  },
  alertKey: {
    missing: 'The signing key is missing.',
    answers: { 'alerts add': ['--key-stdin', '--key-file'] },
  },
  alertPassword: {
    missing: 'The password is missing.',
    answers: { 'alerts add': ['--password-stdin', '--password-file'] },
  },
  alertChat: { missing: 'The chat is missing.', answers: { 'alerts add': ['--chat'] } },
  mailServer: { missing: 'The mail server is missing.', answers: { 'alerts add': ['--host'] } },
  mailFrom: { missing: 'The address mail comes from is missing.', answers: { 'alerts add': ['--from'] } },
  mailTo: { missing: 'The address mail goes to is missing.', answers: { 'alerts add': ['--to'] } },
  backupPassphrase: {
    missing: 'The passphrase of the sealed sign-ins is missing.',
    answers: { backup: sealed, restore: sealed, 'login export': sealed, 'login import': sealed },
    env: ['REPOST_BACKUP_PASSPHRASE'],
  },
  vaultPassphrase: {
    missing: 'The passphrase of the vault is missing.',
    answers: {},
    env: ['REPOST_VAULT_PASSPHRASE', 'REPOST_VAULT_PASSPHRASE_FILE', 'REPOST_VAULT_PASSPHRASE_COMMAND'],
  },
} as const satisfies Record<string, Question>;

export type QuestionName = keyof typeof questions;

/** What to give, as a sentence. Of several commands that ask the same, the one that runs is meant. */
export function adviceFor(name: QuestionName, command: string): string {
  const { answers, env = [] }: Question = questions[name];
  const flags = answers[command] ?? Object.values(answers)[0] ?? [];
  const given = flags.length > 0 ? [`give ${listed(flags)}`] : [];
  const set = env.length > 0 ? [`set ${listed(env)}`] : [];
  const text = [...given, ...set].join(', or ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const listed = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
