import * as Type from 'typebox';
import { channelKinds } from '../../core/alert.ts';
import { severities } from '../../core/alert-rules.ts';
import { count, facts, flag, instant, oneOf, orNull, text, version } from './parts.ts';

const kind = oneOf(channelKinds);
const severity = oneOf(severities);

export const delivery = Type.Object(
  {
    schemaVersion: version,
    id: Type.Integer(),
    channel: text,
    kind: text,
    messageId: text,
    title: text,
    attempt: count,
    outcome: oneOf(['sent', 'retried', 'failed']),
    error: orNull(facts),
    at: orNull(instant),
    tookMs: Type.Number(),
  },
  { title: 'AlertDelivery' },
);

export const channel = Type.Object(
  {
    schemaVersion: version,
    id: Type.Integer(),
    name: text,
    kind,
    place: text,
    severity,
    only: orNull(Type.Array(text)),
    except: Type.Array(text),
    user: orNull(text),
    quiet: orNull(text),
    digest: orNull(text),
    digestAt: orNull(instant),
    weekly: orNull(text),
    weeklyAt: orNull(instant),
    repeatSeconds: Type.Number(),
    waiting: flag,
    last: orNull(delivery),
    createdAt: orNull(instant),
  },
  { title: 'AlertChannel' },
);

export const problem = Type.Object(
  {
    schemaVersion: version,
    key: text,
    rule: text,
    severity,
    user: orNull(text),
    title: text,
    facts: Type.Object({}, { additionalProperties: text }),
    todo: text,
    command: orNull(text),
    link: orNull(text),
  },
  { title: 'Problem' },
);

export const alertRule = Type.Object({ rule: text, severity, title: text, needsPerson: flag });

export const testResult = Type.Object({ channel: text, kind, ok: flag, error: orNull(facts) });
