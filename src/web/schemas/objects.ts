import * as Type from 'typebox';
import { waitReasons } from '../../core/failure.ts';
import { jobStates } from '../../core/job.ts';
import { platformIds } from '../../core/names.ts';
import { count, facts, flag, instant, oneOf, orNull, text, version } from './parts.ts';

export const platform = oneOf(platformIds);
export const jobState = oneOf(jobStates);
export const waitReason = oneOf(waitReasons);

/** What is to be expected of a sign-in; lists and details have it. */
const signIn = Type.Object({
  state: oneOf(['lasts', 'ends', 'ended']),
  endsAt: orNull(instant),
  daysLeft: orNull(count),
  warning: Type.Optional(orNull(Type.Integer())),
  cause: orNull(text),
  advice: text,
  stops: Type.Array(text, { description: 'Rules that stop with it.' }),
});

export const account = Type.Object(
  {
    schemaVersion: version,
    id: Type.Integer(),
    account: text,
    platform,
    handle: text,
    name: text,
    remoteId: text,
    user: text,
    status: oneOf(['ok', 'expiring', 'login-needed']),
    scopes: Type.Array(text),
    paused: flag,
    expiresAt: orNull(instant),
    breaksAt: orNull(instant),
    settings: facts,
    createdAt: orNull(instant),
    updatedAt: orNull(instant),
    signIn: Type.Optional(signIn),
  },
  { title: 'Account' },
);

export const error = Type.Object({
  code: text,
  class: text,
  message: text,
  hint: text,
  command: orNull(text),
});

const videoFields = {
  id: Type.Integer(),
  remoteId: text,
  source: text,
  url: text,
  caption: text,
  publishedAt: orNull(instant),
};

const numbers = orNull(
  Type.Object(
    {
      views: orNull(count),
      likes: orNull(count),
      comments: orNull(count),
      shares: orNull(count),
      gone: Type.Boolean({ description: 'The platform no longer showed it.' }),
      readAt: orNull(instant),
    },
    { description: 'As last read; null where the platform does not tell.' },
  ),
);

export const video = Type.Object(
  {
    schemaVersion: version,
    ...videoFields,
    kind: oneOf(['video', 'photo']),
    state: oneOf(['public', 'gone']),
    durationSeconds: orNull(Type.Number()),
    width: orNull(Type.Number()),
    height: orNull(Type.Number()),
    aiGenerated: orNull(flag),
    seenAt: orNull(instant),
    jobs: count,
    numbers,
    skipped: Type.Array(Type.Object({ rule: text, why: text })),
  },
  { title: 'Video' },
);

export const post = Type.Object(
  {
    schemaVersion: version,
    id: text,
    url: orNull(text),
    platform,
    account: text,
    video: Type.Object(videoFields),
    job: Type.Integer(),
    publishedAt: orNull(instant),
    lagSeconds: Type.Number(),
    warnings: Type.Array(text),
    numbers,
  },
  { title: 'Post' },
);

const jobFields = {
  schemaVersion: version,
  id: Type.Integer(),
  state: jobState,
  reason: orNull(waitReason),
  user: text,
  rule: orNull(text),
  video: Type.Object(videoFields),
  destination: Type.Object({ platform, account: text }),
  attempt: count,
  maxAttempts: count,
  runAt: orNull(instant),
  giveUpAt: orNull(instant),
  error: orNull(error),
  post: orNull(post),
  createdAt: orNull(instant),
  updatedAt: orNull(instant),
};

export const job = Type.Object(jobFields, { title: 'Job' });

export const jobText = Type.Object({ body: text, title: Type.Optional(text) });

export const jobDetails = Type.Object(
  {
    ...jobFields,
    text: Type.Optional(jobText),
    steps: Type.Array(
      Type.Object({
        name: text,
        kind: oneOf(['step', 'commit']),
        state: oneOf(['intent', 'done']),
        sentAt: orNull(instant),
        sends: count,
        doneAt: orNull(instant),
      }),
    ),
    attempts: Type.Array(
      Type.Object({
        id: Type.Integer(),
        startedAt: orNull(instant),
        endedAt: orNull(instant),
        outcome: text,
        error: orNull(error),
        exchange: Type.Optional(
          orNull(
            Type.Object(
              {
                method: text,
                url: text,
                status: orNull(Type.Integer()),
                startedAt: instant,
                endedAt: instant,
                sentBytes: count,
              },
              { additionalProperties: true },
            ),
          ),
        ),
      }),
    ),
  },
  { title: 'JobDetails' },
);

export const editedJob = Type.Object({ ...jobFields, text: jobText });

export const evidence = Type.Object({
  ...jobFields,
  evidence: Type.Object({
    sentAt: orNull(instant),
    step: orNull(text),
    recent: orNull(Type.Array(facts)),
    trouble: orNull(text),
  }),
});

export const source = Type.Object(
  {
    schemaVersion: version,
    id: Type.Integer(),
    source: text,
    kind: text,
    user: text,
    paused: flag,
    lastPollAt: orNull(instant),
    lastGoodPollAt: orNull(instant),
    nextPollAt: orNull(instant),
    failures: count,
    error: orNull(error),
  },
  { title: 'Source' },
);

export const rule = Type.Object(
  {
    schemaVersion: version,
    id: Type.Integer(),
    name: text,
    user: text,
    from: orNull(text),
    to: Type.Array(
      Type.Object({
        account: orNull(text),
        caption: orNull(text),
        title: orNull(text),
        options: facts,
        timing: orNull(facts),
      }),
    ),
    media: Type.Array(text),
    caption: orNull(text),
    title: orNull(text),
    delaySeconds: Type.Number(),
    approve: flag,
    catchUp: text,
    filter: orNull(facts),
    timing: orNull(facts),
    fit: text,
    tooLong: text,
    paused: flag,
    startsAt: orNull(instant),
    createdAt: orNull(instant),
    updatedAt: orNull(instant),
  },
  { title: 'Rule' },
);

export const limit = Type.Object(
  {
    schemaVersion: version,
    platform: text,
    account: orNull(text),
    bucket: text,
    title: text,
    scope: oneOf(['app', 'account', 'user']),
    unit: Type.Optional(text),
    used: Type.Number(),
    max: Type.Number(),
    left: Type.Number(),
    resetsAt: orNull(instant),
    blockedUntil: orNull(instant),
  },
  { title: 'Limit' },
);

export const plan = Type.Object(
  {
    schemaVersion: version,
    at: orNull(instant),
    posts: Type.Array(
      Type.Object({
        origin: text,
        job: orNull(Type.Integer()),
        rule: orNull(text),
        video: facts,
        destination: Type.Object({ platform, account: text }),
        reason: text,
        runAt: orNull(instant),
        expectedAt: orNull(instant),
        expectedLocal: orNull(text),
        timeZone: text,
        heldBy: orNull(text),
        stopped: orNull(text),
        text: orNull(facts),
        media: facts,
        usd: Type.Number(),
        warnings: Type.Array(text),
      }),
    ),
    skipped: Type.Array(Type.Object({ rule: text, video: facts, why: text })),
    ended: Type.Array(job),
    catchUps: Type.Array(facts),
    troubles: Type.Array(Type.Object({ rule: text, why: text })),
    limits: Type.Array(limit),
    usd: Type.Number(),
    warnings: Type.Array(Type.Object({ key: text, text })),
  },
  { title: 'Plan' },
);
