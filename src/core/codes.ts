/** Error classes shown to people. */
export type ErrorClass = 'transient' | 'limit' | 'auth' | 'permanent' | 'unknown-outcome' | 'config';

/** Whose side the fault is on. */
export type Side = 'you' | 'platform' | 'network' | 'machine' | 'repost';

export interface CodeEntry {
  class: ErrorClass;
  side: Side;
  /** What happened, in general words. */
  title: string;
  /** What to do. */
  todo: string;
  /** The command to do it, where one does. */
  command?: string;
  /** True where the command line was wrong or an answer was missing: exit code 2. */
  usage?: true;
}

/** Every error that a person can meet. A code is never renamed or reused. */
const table = {
  // --- the command line and the configuration
  E_USAGE: {
    class: 'config',
    side: 'you',
    title: 'The command line was not understood.',
    todo: 'See the command’s help.',
    command: 'repost help',
    usage: true,
  },
  E_MISSING_ANSWER: {
    class: 'config',
    side: 'you',
    title: 'An answer is missing and nobody can be asked.',
    todo: 'Give the named flag, or run it in a terminal.',
    usage: true,
  },
  E_UNKNOWN_PLATFORM: {
    class: 'config',
    side: 'you',
    title: 'There is no such platform.',
    todo: 'Use one of the listed names.',
    usage: true,
  },
  E_UNKNOWN_ACCOUNT: {
    class: 'config',
    side: 'you',
    title: 'No such account is signed in.',
    todo: 'List the accounts, or sign in.',
    command: 'repost accounts list',
  },
  E_AMBIGUOUS_ACCOUNT: {
    class: 'config',
    side: 'you',
    title: 'Several accounts fit.',
    todo: 'Name one of them.',
    usage: true,
  },
  E_NOT_FOUND: {
    class: 'config',
    side: 'you',
    title: 'There is no such thing.',
    todo: 'List what there is and use a name or id from it.',
  },
  E_EXISTS: {
    class: 'config',
    side: 'you',
    title: 'That exists already.',
    todo: 'Choose another name, or change the one that is there.',
  },
  E_CONFIG: {
    class: 'config',
    side: 'you',
    title: 'A setting is not valid.',
    todo: 'Correct the named setting.',
    command: 'repost config list --show-origin',
  },
  E_RULE: {
    class: 'config',
    side: 'you',
    title: 'The rule is not valid.',
    todo: 'Correct the named part of the rule.',
    command: 'repost rule list',
  },
  E_WRONG_STATE: {
    class: 'config',
    side: 'you',
    title: 'That can’t be done in this state.',
    todo: 'Look at the object’s state first.',
  },
  E_ORIGINS: {
    class: 'config',
    side: 'you',
    title: 'The origins map can’t be used.',
    todo: 'Correct the file that REPOST_ORIGINS names, or unset it.',
  },
  // --- this machine
  E_HOME: {
    class: 'config',
    side: 'machine',
    title: 'The home folder can’t be used.',
    todo: 'Give repost a folder it may read and write.',
    command: 'repost paths',
  },
  E_DISK_FULL: {
    class: 'transient',
    side: 'machine',
    title: 'The disk is full.',
    todo: 'Free some space; nothing is lost and the work goes on by itself.',
    command: 'repost doctor',
  },
  E_DB_CORRUPT: {
    class: 'permanent',
    side: 'machine',
    title: 'The database is damaged.',
    todo: 'Restore the latest backup; keep the damaged file.',
    command: 'repost restore FILE',
  },
  E_DB_FOREIGN: {
    class: 'config',
    side: 'you',
    title: 'The file is not a repost database.',
    todo: 'Move the file away, or point REPOST_HOME elsewhere.',
    command: 'repost paths',
  },
  E_DB_NEWER: {
    class: 'config',
    side: 'you',
    title: 'The database was written by a newer repost.',
    todo: 'Install that version again; nothing was changed.',
  },
  E_DB_READONLY: {
    class: 'config',
    side: 'machine',
    title: 'The database can’t be written.',
    todo: 'Make the file and its folder writable for you.',
    command: 'repost paths',
  },
  E_DB_BUSY: {
    class: 'transient',
    side: 'machine',
    title: 'The database is busy.',
    todo: 'Try again in a moment.',
  },
  E_ADDON: {
    class: 'config',
    side: 'machine',
    title: 'The compiled part of SQLite is missing, or was made for another version of Node.',
    todo: 'Let npm make it, with the Node that runs repost.',
    command: 'npm rebuild better-sqlite3 --ignore-scripts=false',
  },
  E_DAEMON_RUNNING: {
    class: 'transient',
    side: 'you',
    title: 'A repost daemon is running on this home already.',
    todo: 'Stop the other one first; it polls and publishes by itself.',
    command: 'repost status',
  },
  E_NO_DAEMON: {
    class: 'config',
    side: 'you',
    title: 'No repost daemon is running on this home.',
    todo: 'Start one, or install the service.',
    command: 'repost service install',
  },
  E_SERVICE: {
    class: 'config',
    side: 'machine',
    title: 'The service manager of this machine can’t do that.',
    todo: 'See what the message names and correct it.',
    command: 'repost service status',
  },
  E_LEDGER: {
    class: 'config',
    side: 'you',
    title: 'The ledger’s file can’t be read.',
    todo: 'Correct the named line; nothing was changed.',
  },
  E_PORT_TAKEN: {
    class: 'config',
    side: 'machine',
    title: 'The port is taken by another program.',
    todo: 'Stop that program, or choose another redirect address.',
  },
  E_NO_BROWSER: {
    class: 'config',
    side: 'machine',
    title: 'No browser could be opened.',
    todo: 'Use --no-browser and open the printed address yourself.',
  },
  E_INTERRUPTED: {
    class: 'transient',
    side: 'you',
    title: 'Interrupted.',
    todo: 'Run it again; nothing is lost.',
  },
  E_INTERNAL: {
    class: 'transient',
    side: 'repost',
    title: 'Something went wrong inside repost.',
    todo: 'If it stays, report it with the bundle that doctor makes.',
    command: 'repost doctor',
  },
  // --- the vault
  E_VAULT_NONE: {
    class: 'config',
    side: 'machine',
    title: 'No keychain answers and no other vault is chosen.',
    todo: 'Choose the encrypted file: export REPOST_VAULT=file and REPOST_VAULT_PASSPHRASE_FILE=PATH.',
  },
  E_VAULT_LOCKED: {
    class: 'auth',
    side: 'you',
    title: 'The vault is locked.',
    todo: 'Unlock it, then run the command again; your accounts are still there.',
  },
  E_VAULT_UNREACHABLE: {
    class: 'transient',
    side: 'machine',
    title: 'The vault doesn’t answer.',
    todo: 'Start the keychain service, or choose another vault with REPOST_VAULT.',
  },
  E_VAULT_CORRUPT: {
    class: 'permanent',
    side: 'machine',
    title: 'The vault can’t be read.',
    todo: 'Restore the vault file, or sign in again.',
  },
  E_VAULT_PASSPHRASE: {
    class: 'config',
    side: 'you',
    title: 'The vault’s passphrase is missing or wrong.',
    todo: 'Give the right one with REPOST_VAULT_PASSPHRASE_FILE or REPOST_VAULT_PASSPHRASE_COMMAND.',
    usage: true,
  },
  E_VAULT_UNSAFE: {
    class: 'config',
    side: 'you',
    title: 'Other people on this machine can read the vault’s file.',
    todo: 'Take the rights away: chmod 600 FILE.',
  },
  // --- signing in
  E_NO_APP: {
    class: 'config',
    side: 'you',
    title: 'There is no developer app for this platform yet.',
    todo: 'Add the keys of your developer app.',
    command: 'repost app add PLATFORM --client-id ID',
  },
  E_CLIENT_INVALID: {
    class: 'config',
    side: 'you',
    title: 'The platform doesn’t know this client id or secret.',
    todo: 'Copy both again from the developer console.',
    command: 'repost app add PLATFORM --client-id ID',
  },
  E_REDIRECT: {
    class: 'config',
    side: 'you',
    title: 'The redirect address is not registered.',
    todo: 'Register exactly the printed address in the developer console.',
  },
  E_DENIED: {
    class: 'auth',
    side: 'you',
    title: 'The sign-in was declined.',
    todo: 'Run login again and allow it.',
  },
  E_SCOPES: {
    class: 'auth',
    side: 'you',
    title: 'Rights that are needed were not granted.',
    todo: 'Run login again and leave all boxes ticked.',
  },
  E_STATE_MISMATCH: {
    class: 'auth',
    side: 'network',
    title: 'The answer doesn’t belong to this sign-in.',
    todo: 'Start login again and use the newest browser tab.',
  },
  E_LOGIN_TIMEOUT: {
    class: 'auth',
    side: 'you',
    title: 'Nobody finished the sign-in in time.',
    todo: 'Run login again; --paste takes the address by hand.',
  },
  E_LOGIN_CODE: {
    class: 'auth',
    side: 'platform',
    title: 'The sign-in code was refused.',
    todo: 'Run login again; codes are short-lived and work once.',
  },
  E_OTHER_ACCOUNT: {
    class: 'auth',
    side: 'you',
    title: 'That is another account than the one to renew.',
    todo: 'Sign in with the right account, or add this one by itself.',
  },
  E_NO_CHANNEL: {
    class: 'auth',
    side: 'you',
    title: 'This sign-in has no account that can be posted to.',
    todo: 'Create or link it on the platform, then run login again.',
  },
  E_LOGIN_NEEDED: {
    class: 'auth',
    side: 'you',
    title: 'The account must sign in again.',
    todo: 'Sign in; its jobs then go out by themselves.',
    command: 'repost login PLATFORM',
  },
  E_ACCOUNT_BLOCKED: {
    class: 'auth',
    side: 'platform',
    title: 'The platform has restricted this account or app.',
    todo: 'Open the platform’s app or console and see what it asks for.',
  },
  E_APP_SETUP: {
    class: 'auth',
    side: 'you',
    title: 'The developer app is not set up for this.',
    todo: 'See what the message names and correct it in the developer console.',
    command: 'repost app check PLATFORM',
  },
  // --- talking to a platform
  E_NETWORK: {
    class: 'transient',
    side: 'network',
    title: 'The platform could not be reached.',
    todo: 'Nothing to do; it is tried again.',
  },
  E_NO_ANSWER: {
    class: 'transient',
    side: 'network',
    title: 'The request went out and no answer came.',
    todo: 'Nothing to do; repost looks before it tries again.',
  },
  E_BAD_ANSWER: {
    class: 'transient',
    side: 'platform',
    title: 'The platform’s answer can’t be understood.',
    todo: 'Nothing to do; it is tried again.',
  },
  E_UNREADABLE: {
    class: 'transient',
    side: 'platform',
    title: 'The platform says that this isn’t there, or not yet.',
    todo: 'Nothing to do; it is looked at again.',
  },
  E_PLATFORM_DOWN: {
    class: 'transient',
    side: 'platform',
    title: 'The platform has trouble.',
    todo: 'Nothing to do; it is tried again.',
  },
  E_RATE_LIMIT: {
    class: 'limit',
    side: 'platform',
    title: 'The platform asks to slow down.',
    todo: 'Nothing to do; it goes on at the time shown.',
    command: 'repost limits',
  },
  E_QUOTA: {
    class: 'limit',
    side: 'platform',
    title: 'The platform’s quota is used up.',
    todo: 'Nothing to do; it goes on when the quota resets.',
    command: 'repost limits',
  },
  E_MONEY: {
    class: 'limit',
    side: 'you',
    title: 'The platform’s prepaid credit or spending cap is used up.',
    todo: 'Buy credit or raise the cap in the platform’s console.',
    command: 'repost limits',
  },
  E_REFUSED: {
    class: 'permanent',
    side: 'platform',
    title: 'The platform refused the request.',
    todo: 'See what the platform says; correct it and retry.',
    command: 'repost jobs retry ID',
  },
  E_TEXT_REFUSED: {
    class: 'permanent',
    side: 'platform',
    title: 'The platform refused the text.',
    todo: 'Change the caption template and retry.',
    command: 'repost jobs retry ID',
  },
  E_MEDIA_REFUSED: {
    class: 'permanent',
    side: 'platform',
    title: 'The platform refused the video.',
    todo: 'See what the platform says about the file.',
    command: 'repost jobs show ID --raw',
  },
  E_DUPLICATE: {
    class: 'permanent',
    side: 'platform',
    title: 'The platform takes it for a duplicate.',
    todo: 'Look at the account; change the text if it is not there, then retry.',
    command: 'repost jobs retry ID',
  },
  E_NOT_YET: {
    class: 'transient',
    side: 'platform',
    title: 'Not ready yet.',
    todo: 'Nothing to do; it goes on by itself.',
  },
  E_HANDLE_EXPIRED: {
    class: 'transient',
    side: 'platform',
    title: 'The upload expired on the platform.',
    todo: 'Nothing to do; it is uploaded again.',
  },
  E_PROCESSING: {
    class: 'transient',
    side: 'platform',
    title: 'The platform’s processing failed.',
    todo: 'Nothing to do; it is tried again.',
  },
  E_UNKNOWN_OUTCOME: {
    class: 'unknown-outcome',
    side: 'platform',
    title: 'It was sent, and nobody can say whether it appeared.',
    todo: 'Look at the account, then say what you saw.',
    command: 'repost jobs resolve ID --published URL | --not-published',
  },
  E_ATTEMPTS: {
    class: 'permanent',
    side: 'platform',
    title: 'All attempts are used up.',
    todo: 'See the last error, then retry.',
    command: 'repost jobs retry ID',
  },
  E_GAVE_UP: {
    class: 'permanent',
    side: 'platform',
    title: 'It waited longer than allowed.',
    todo: 'See what it waited for, then retry.',
    command: 'repost jobs retry ID',
  },
  E_ALERT: {
    class: 'config',
    side: 'you',
    title: 'The alert channel refuses what is sent to it.',
    todo: 'See what it says; remove the channel and add it again with the right address.',
    command: 'repost alerts list',
  },
  // --- source and media
  E_SOURCE_GONE: {
    class: 'permanent',
    side: 'you',
    title: 'The source video is gone or no longer public.',
    todo: 'Nothing to do; what its owner took back is not reposted.',
  },
  E_NOT_WANTED: {
    class: 'permanent',
    side: 'you',
    title: 'The rule does not want this video.',
    todo: 'Nothing to do; change the rule or the caption, then retry, if it should go out.',
    command: 'repost jobs retry ID',
  },
  E_NO_MEDIA: {
    class: 'config',
    side: 'you',
    title: 'There is no file for this video yet.',
    todo: 'Put the original into the rule’s folder, named with the video’s id.',
  },
  E_MEDIA_AMBIGUOUS: {
    class: 'config',
    side: 'you',
    title: 'Several files fit this video.',
    todo: 'Put the video’s id into the right file’s name.',
  },
  E_MEDIA_INVALID: {
    class: 'permanent',
    side: 'you',
    title: 'The file is not a usable video.',
    todo: 'Replace the file by the original video.',
  },
  E_MEDIA_FOLDER: {
    class: 'config',
    side: 'you',
    title: 'The media folder can’t be read.',
    todo: 'Bring the folder back or name another one in the rule.',
  },
  E_FEED: {
    class: 'transient',
    side: 'platform',
    title: 'The feed can’t be read.',
    todo: 'Look at the address in a browser. It is asked again by itself.',
    command: 'repost source list',
  },
  E_OUTPUT: {
    class: 'config',
    side: 'you',
    title: 'A file could not be written where you asked for it.',
    todo: 'Name a folder that is there and that you may write to.',
  },
  E_EXPORT: {
    class: 'config',
    side: 'you',
    title: 'TikTok’s data export can’t be read.',
    todo: 'Ask TikTok for your data again (Settings → Account → Download your data → JSON) and name the new file.',
  },
  E_MEDIA_UNFIT: {
    class: 'permanent',
    side: 'you',
    title: 'The video doesn’t fit this platform’s limits.',
    todo: 'See the limits against the file.',
    command: 'repost videos check VIDEO',
  },
  E_WATERMARK: {
    class: 'config',
    side: 'you',
    title: 'Only a file with a visible watermark was found.',
    todo: 'Put the original into the rule’s folder; or let the rule take marked files: --allow-watermark, `watermark: allow` in a file of rules.',
  },
  E_NO_HOST: {
    class: 'config',
    side: 'you',
    title: 'This platform fetches videos from a public address, and no media host is set.',
    todo: 'Set a bucket or a folder of your own web server; the job then goes out by itself.',
    command: 'repost host set',
  },
  E_HOST: {
    class: 'config',
    side: 'you',
    title: 'The media host doesn’t work.',
    todo: 'See what the message names and correct it.',
    command: 'repost host check',
  },
  E_CONSENT: {
    class: 'config',
    side: 'you',
    title: 'Fetching by yt-dlp needs your consent.',
    todo: 'TikTok’s terms allow it only for content you have the right to fetch; agree with --accept-yt-dlp.',
    usage: true,
  },
  E_TOOL_MISSING: {
    class: 'config',
    side: 'machine',
    title: 'A program that is needed is not installed.',
    todo: 'Install the named program.',
    command: 'repost doctor',
  },
  E_TOOL_FAILED: {
    class: 'transient',
    side: 'machine',
    title: 'A program that repost uses failed.',
    todo: 'See its message; update the program if it is old.',
    command: 'repost doctor',
  },
  // --- the local API
  E_API_SIGN_IN: {
    class: 'auth',
    side: 'you',
    title: 'The local API does not know who is asking.',
    todo: 'Send a token of this machine as “Authorization: Bearer …”, or open the page with repost dashboard.',
    command: 'repost token add',
  },
  E_API_ROLE: {
    class: 'auth',
    side: 'you',
    title: 'This token’s role does not allow that.',
    todo: 'Ask the person at the machine for a token with another role.',
    command: 'repost token list',
  },
  E_API_ORIGIN: {
    class: 'config',
    side: 'you',
    title: 'The request came from another page or by another name.',
    todo: 'Use the address that repost says at its start; behind a proxy, set daemon.http.origin.',
    command: 'repost config list',
  },
  E_API_BUSY: {
    class: 'limit',
    side: 'you',
    title: 'Too many requests to the local API.',
    todo: 'Wait as long as Retry-After says.',
  },
  E_API_KEY: {
    class: 'config',
    side: 'you',
    title: 'This idempotency key belongs to another request.',
    todo: 'Use a new key for each change, and the same key only to repeat it.',
  },
  E_LINK: {
    class: 'auth',
    side: 'you',
    title: 'This link is not valid any more.',
    todo: 'Ask for a new one.',
    command: 'repost jobs approve-link ID',
  },
  E_USER_LIMIT: {
    class: 'limit',
    side: 'you',
    title: 'This user’s own limit is reached.',
    todo: 'Wait, or raise the limit.',
    command: 'repost users set NAME --limit posts-per-day=N',
  },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof table;

export const codes: Readonly<Record<ErrorCode, CodeEntry>> = table;
