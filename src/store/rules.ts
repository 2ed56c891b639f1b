import { Failure } from '../core/failure.ts';
import type { Rule } from '../core/rule.ts';
import { doubt, SET_CANCELLED } from './cancelling.ts';
import type { Connection, Operation, Values, Work } from './connection.ts';
import { isDuplicate } from './errors.ts';
import { remembered } from './remembered.ts';
import { flag, parse, present } from './rows.ts';
import type { NewRule, RuleStore } from './types.ts';

interface Row {
  id: number;
  name: string;
  user: string;
  source_id: number;
  destinations: string;
  media: string;
  caption: string | null;
  title: string | null;
  delay_ms: number;
  approve: number;
  catch_up: string;
  paused: number;
  starts_at: number;
  spec: string;
  created_at: number;
  updated_at: number;
}

/** From a source to its destinations. A rule that is removed keeps its row, so that old jobs can name it. */
export function ruleStore(connection: Connection): RuleStore {
  const { query, read, write } = connection;
  const insert = query<Row>(`
    INSERT INTO rules (name, user, source_id, destinations, media, caption, title, delay_ms, approve, catch_up,
      paused, starts_at, spec, created_at, updated_at)
    VALUES (:name, :user, :sourceId, :destinations, :media, :caption, :title, :delayMs, :approve, :catchUp,
      :paused, :startsAt, :spec, :now, :now) RETURNING *`);
  const change = query<Row>(`
    UPDATE rules SET name = :name, user = :user, source_id = :sourceId, destinations = :destinations,
      media = :media, caption = :caption, title = :title, delay_ms = :delayMs, approve = :approve,
      catch_up = :catchUp, paused = :paused, starts_at = :startsAt, spec = :spec, updated_at = :now
    WHERE id = :id AND removed_at IS NULL RETURNING *`);
  const one = query<Row>('SELECT * FROM rules WHERE id = :id AND removed_at IS NULL');
  const all = query<Row>('SELECT * FROM rules WHERE removed_at IS NULL ORDER BY id');
  const ofSource = query<Row>(
    'SELECT * FROM rules WHERE source_id = :sourceId AND removed_at IS NULL ORDER BY id',
  );
  const drop = query('UPDATE rules SET removed_at = :now WHERE id = :id AND removed_at IS NULL');
  const dropWaiting = query(`
    UPDATE jobs INDEXED BY jobs_open ${SET_CANCELLED}
    WHERE open_state = 'waiting' AND rule_id = :id`);

  const known = remembered(connection, 'rules', function* () {
    return (yield* all.all()).map(ruleOf);
  });

  return {
    add: (rule, now) =>
      write(function* () {
        known.forget();
        return ruleOf((yield* named(rule.name, insert.get({ ...columnsOf(rule), now }))) as Row);
      }),
    get: (id) =>
      read(function* () {
        const row = yield* one.get({ id });
        return row && ruleOf(row);
      }),
    list: ({ sourceId } = {}) =>
      read(function* () {
        return sourceId === undefined ? yield* known.all() : (yield* ofSource.all({ sourceId })).map(ruleOf);
      }),
    replace: (rule, now) =>
      write(function* () {
        known.forget();
        const row = yield* named(rule.name, change.get({ ...columnsOf(rule), id: rule.id, now }));
        if (!row) throw new Failure('E_NOT_FOUND', { message: `There is no rule with the id ${rule.id}.` });
        return ruleOf(row);
      }),
    remove: (id, now) =>
      write(function* () {
        known.forget();
        if ((yield* drop.run({ id, now })).changes === 0) return false;
        yield* dropWaiting.run({ id, error: null, doubt, now });
        return true;
      }),
  };
}

/** Says which name is taken, where it is the name that stands in the way. */
function* named<T>(name: string, work: Work<T>): Generator<Operation, T, unknown> {
  try {
    return yield* work;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new Failure('E_EXISTS', { message: `There is a rule called “${name}” already.`, cause: error });
  }
}

function columnsOf(rule: NewRule): Values {
  return {
    name: rule.name,
    user: rule.user,
    sourceId: rule.sourceId,
    destinations: JSON.stringify(rule.destinations),
    media: JSON.stringify(rule.media),
    caption: rule.caption ?? null,
    title: rule.title ?? null,
    delayMs: rule.delayMs,
    approve: flag(rule.approve),
    catchUp: JSON.stringify(rule.catchUp),
    paused: flag(rule.paused),
    startsAt: rule.startsAt,
    spec: JSON.stringify(rule.spec),
  };
}

function ruleOf(row: Row): Rule {
  return {
    id: row.id,
    name: row.name,
    user: row.user,
    sourceId: row.source_id,
    destinations: parse(row.destinations),
    media: parse(row.media),
    ...present({ caption: row.caption, title: row.title }),
    delayMs: row.delay_ms,
    approve: row.approve === 1,
    catchUp: parse(row.catch_up),
    paused: row.paused === 1,
    startsAt: row.starts_at,
    spec: parse(row.spec),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
