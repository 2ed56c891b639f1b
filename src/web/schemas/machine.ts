import * as Type from 'typebox';
import { roleSchema } from './caller.ts';
import { job, source } from './objects.ts';
import { anything, count, facts, flag, instant, oneOf, orNull, text, version } from './parts.ts';

/** A machine that shares a store; `host` below is where media is put for platforms that fetch. */
export const worker = Type.Object(
  {
    schemaVersion: version,
    name: text,
    state: oneOf(['working', 'draining', 'stopped', 'lost']),
    version: text,
    startedAt: instant,
    seenAt: instant,
    skewMs: Type.Integer({ description: 'How far its clock is ahead of the database’s.' }),
    running: count,
    doubts: count,
  },
  { title: 'Host' },
);

export const status = Type.Object(
  {
    schemaVersion: version,
    ok: flag,
    daemon: oneOf(['running', 'stopped']),
    origins: oneOf(['mapped', 'real']),
    jobs: Type.Object({}, { additionalProperties: count }),
    waiting: Type.Object({}, { additionalProperties: count }),
    oldestWaiting: orNull(job),
    sources: Type.Array(source),
    attention: Type.Array(Type.Object({ message: text, command: orNull(text) })),
    hosts: Type.Optional(Type.Array(worker)),
  },
  { title: 'Status' },
);

export const setting = Type.Object({
  schemaVersion: version,
  key: text,
  value: text,
  origin: oneOf(['flag', 'environment', 'file', 'default']),
  title: Type.Optional(text),
});

export const check = Type.Object({
  result: oneOf(['PASS', 'WARN', 'FAIL']),
  title: text,
  hint: orNull(text),
});

export const checks = Type.Object({
  schemaVersion: version,
  ok: Type.Optional(flag),
  checks: Type.Array(check),
});

export const app = Type.Object(
  {
    schemaVersion: version,
    platform: text,
    server: orNull(text),
    clientId: text,
    hasSecret: flag,
    redirectUri: orNull(text),
  },
  { title: 'DeveloperApp' },
);

export const warning = Type.Object({ key: text, state: oneOf(['new', 'said', 'silenced']), text });

export const errorCode = Type.Object({
  schemaVersion: version,
  code: text,
  class: text,
  side: text,
  title: text,
  hint: text,
  command: orNull(text),
  exitCode: Type.Integer(),
});

export const quarantine = Type.Object({
  schemaVersion: version,
  quarantine: orNull(facts),
  accounts: Type.Optional(Type.Array(facts)),
  released: Type.Optional(text),
});

export const host = Type.Object({ schemaVersion: version, kind: text });
export const videoCheck = Type.Object({ schemaVersion: version, file: anything, checks: Type.Array(facts) });

export const user = Type.Object(
  {
    schemaVersion: version,
    name: text,
    role: roleSchema,
    limits: Type.Object({}, { additionalProperties: Type.Number() }),
    has: Type.Object({ accounts: count, sources: count, rules: count }),
    createdAt: orNull(instant),
  },
  { title: 'User' },
);

export const token = Type.Object(
  {
    schemaVersion: version,
    id: text,
    name: text,
    user: orNull(text),
    role: roleSchema,
    createdAt: orNull(instant),
    expiresAt: orNull(instant),
    lastUsedAt: orNull(instant),
  },
  { title: 'Token' },
);
