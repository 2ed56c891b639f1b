/** Why a target is missed, where it is: the limit that measurements found. By a row’s name and reference. */
const reasons: readonly [RegExp, string][] = [
  [
    /^used of what is allowed, window after window/u,
    'Of a window of up to half an hour a twentieth is given away to requests that may still be under way when it ends: the platform counts when they arrive, so 60 of 63 s are used, and no window is ever over',
  ],
  [
    /^`repost --version`|^`repost --help`|^`--help`/u,
    'Node’s own start is 1.0; what is above it is reading and compiling the program’s own parts',
  ],
  [
    /^`repost jobs list|^`repost status|^the dearest of/u,
    'Above Node’s own start it is some 650 pages of memory touched for the first time (the program’s text and compiled code, SQLite’s library and its cache), at 10 to 16 µs each on a virtual machine, and the queries',
  ],
  [
    /^download with SHA-256/u,
    'The hash alone takes 0.6 s of CPU a gigabyte and curl takes none; with undici’s parser 0.42 to 0.5 was the most that was reached, 0.65 with a reader of HTTP written for it alone, which is not worth its risks',
  ],
  [
    /^upload(?: over TLS)?, multipart segments/u,
    'X takes a thousand segments at most and has refused large ones: of 1 MiB, of 2 MiB past 1,000 MiB. Each is a request whose answer is waited for, five hundred a gigabyte where curl sends one; more than half of the work is the kernel’s copying',
  ],
  [
    /^upload.*: CPU time/u,
    'Node’s start and its first request are 0.1 s of it, which a larger file or a second one does not pay again; undici alone, with one buffer and nothing else, took as much in the same rotation',
  ],
  [
    /^upload.*: rate/u,
    'undici alone, with one buffer and nothing else, was no faster in the same rotation; over TLS the same thread ciphers; and each chunk waits for its answer',
  ],
  [
    /^ledger, one job at a time/u,
    'Each of its four commits waits for the disk, so it goes as fast as the disk says yes; Redis waits three times',
  ],
  [
    /^ledger, 50 jobs at a time/u,
    'The bar was measured with four prepared statements a job; the store keeps the counters, the audit trail, attempts and posts besides, in about twenty',
  ],
  [
    /^engine, no-op jobs, .* rows$/u,
    'A job through the engine is nine reads and six commits that others share, three of which wait for the disk: rule, video, limits, breaker, journal, attempt, post: 1.2 ms of CPU, where four bare statements in a commit of fifty jobs take 0.011 (`--quick`); BullMQ keeps a hash in memory and writes it down each second',
  ],
  [
    /^a poll that finds 20 known videos, with its outcome/u,
    'A poll’s outcome waits for the disk; eight go on at once',
  ],
  [
    /^memory while .* accounts are polled/u,
    'What lives is 15 MiB: V8 lets garbage grow to 32 MiB before it looks, and as much again has grown old by then. With --max-semi-space-size=4 it is 137 MiB, at 1.4 times the CPU',
  ],
  [
    /^idle daemon.*: CPU time/u,
    'It wakes six times a minute: every 15 s it looks what is due, once a minute what is wrong; five to eleven reads of the database each time',
  ],
  [
    /^a poll that finds/u,
    'undici alone with JSON.parse is a third of it. Beyond the request it reads JSON without losing a digit (23 µs, of which JSON.parse is 13), asks the store for what is known (20 µs), checks the deadline, the token and the limits, and reads each field of twenty videos',
  ],
  [
    /^idle daemon|^after a burst/u,
    'Node’s heap keeps what it once needed, and each part that is loaded stays',
  ],
  [
    /^a new video of|^the first video/u,
    'Of some 330 ms the download is 130 (curl: 30; nearly all of it in the kernel’s reads, 64 KiB at a time into memory that is fresh each time), the file’s way to the disk and the look at it 40, X’s twenty segments, each counted on the disk before it leaves, 3.3 each; the rest is sixty requests and forty commits. curl does none of it but the bytes',
  ],
];

export function whyNot(what: string): string | undefined {
  return reasons.find(([name]) => name.test(what))?.[1];
}
