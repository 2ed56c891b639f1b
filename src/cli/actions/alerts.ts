import { randomUUID } from 'node:crypto';
import type { Channel } from '../../core/alert.ts';
import { alertRules } from '../../core/alert-rules.ts';
import { asFailure, Failure } from '../../core/failure.ts';
import { errorOf, type JobError } from '../../core/job.ts';
import { composeTest } from '../../engine/alert-compose.ts';
import type { DeliveryRow } from '../../store/alert-types.ts';
import { removeChannelSecrets } from '../../vault/alerts.ts';
import { channelView, deliveryView, problemView } from '../../web/alert-view.ts';
import { openSend, timeZoneOf } from '../alerts.ts';
import type { Turn } from '../command.ts';
import { exitCodes } from '../exit.ts';
import { wholeNumber } from '../find.ts';
import { problemsNow } from '../problems.ts';
import { clockText, relativeText, table, tableWidth, tallTable } from '../table.ts';

export async function listAlerts(
  turn: Turn,
  options: { deliveries?: boolean; limit: string },
): Promise<undefined> {
  const { app, print } = turn;
  const { alerts } = await app.store();
  const limit = wholeNumber(options.limit, '--limit');
  if (options.deliveries) return listDeliveries(turn, await alerts.deliveries({ limit }));
  const now = app.clock.now();
  const outbox = await alerts.outbox();
  const rows = await Promise.all(
    (await alerts.channels()).map(async (channel) => {
      const [last] = await alerts.deliveries({ channel: channel.name, limit: 1 });
      const waiting = outbox.some(({ channelId }) => channelId === channel.id);
      return { channel, last, waiting };
    }),
  );
  print(
    rows.map(({ channel, last, waiting }) => channelView(channel, last, waiting)),
    () =>
      rows.length === 0
        ? 'No alert channels yet: nobody is told when something goes wrong.\nAdd one: repost alerts add --help'
        : tallTable(
            ['NAME', 'KIND', 'FROM', 'QUIET', 'DIGEST', 'WEEKLY', 'LAST', 'WHERE'],
            rows.map(({ channel, last }) => [
              channel.name,
              channel.kind,
              channel.kind === 'heartbeat' ? '' : channel.settings.severity,
              channel.settings.quiet ?? '',
              channel.settings.digest ?? '',
              channel.settings.weekly ?? '',
              last ? `${last.outcome} ${relativeText(last.at, now)}` : 'nothing yet',
              `${channel.settings.place}${last?.error ? `: ${last.error.message}` : ''}`,
            ]),
            tableWidth(app.io),
          ),
  );
}

function listDeliveries({ app, print }: Turn, rows: readonly DeliveryRow[]): undefined {
  print(rows.map(deliveryView), () =>
    rows.length === 0
      ? 'Nothing was sent yet.'
      : tallTable(
          ['AT', 'CHANNEL', 'TRY', 'OUTCOME', 'MESSAGE', 'ERROR'],
          rows.map((row) => [
            `${new Date(row.at).toISOString().slice(0, 10)} ${clockText(row.at, timeZoneOf(app))}`,
            row.channel,
            String(row.attempt),
            row.outcome,
            row.title,
            row.error ? `${row.error.message} (${row.error.code})` : '',
          ]),
          tableWidth(app.io),
        ),
  );
  return undefined;
}

/** Sends at once, past the outbox: what it prints is what happened. */
export async function testAlerts(turn: Turn, _options: unknown, name?: string): Promise<number> {
  const { app, print } = turn;
  const { alerts } = await app.store();
  const all = await alerts.channels();
  const channels = name === undefined ? all : [await findChannel(turn, name)];
  if (channels.length === 0)
    throw new Failure('E_NOT_FOUND', {
      message: 'There are no alert channels yet.',
      command: 'repost alerts add KIND',
    });
  const results = await Promise.all(channels.map((channel) => testOne(turn, channel)));
  app.nudge();
  print(results, () =>
    table(
      ['CHANNEL', 'RESULT'],
      results.map(({ channel, error }) => [
        channel,
        error ? `${error.message} (${error.code})` : 'sent: look whether it came',
      ]),
    ),
  );
  if (results.every(({ ok }) => ok)) return exitCodes.done;
  return results.some(({ ok }) => ok) ? exitCodes.partly : exitCodes.failed;
}

async function testOne(
  { app }: Turn,
  channel: Channel,
): Promise<{ channel: string; kind: string; ok: boolean; error: JobError | null }> {
  const { alerts } = await app.store();
  const send = await openSend(app);
  const startedAt = app.clock.now();
  const message = composeTest(randomUUID(), channel.name, startedAt);
  let error: JobError | null = null;
  try {
    await send(channel, message);
    // It works (again): what waits for it need not wait for its next try.
    await alerts.hasten(channel.id, app.clock.now());
  } catch (thrown) {
    error = errorOf(asFailure(thrown));
  }
  await alerts.log({
    channel: channel.name,
    kind: channel.kind,
    messageId: message.id,
    title: message.title,
    attempt: 1,
    outcome: error ? 'failed' : 'sent',
    error,
    at: app.clock.now(),
    tookMs: Math.max(0, app.clock.now() - startedAt),
  });
  return { channel: channel.name, kind: channel.kind, ok: error === null, error };
}

export async function removeAlerts(turn: Turn, _options: unknown, name: string): Promise<undefined> {
  const { app, print } = turn;
  const channel = await findChannel(turn, name);
  await removeChannelSecrets(await app.vault(), channel.name);
  await (await app.store()).alerts.removeChannel(channel.name);
  app.nudge();
  print(channelView(channel, undefined, false), () => `Nothing is sent to “${channel.name}” any more.`);
}

export async function listRules({ app, print }: Turn): Promise<undefined> {
  const rules = Object.entries(alertRules).map(([rule, { severity, title, person }]) => ({
    rule,
    severity,
    title,
    needsPerson: person,
  }));
  print(rules, () =>
    table(
      ['RULE', 'SEVERITY', 'TOLD WHEN'],
      rules.map(({ rule, severity, title }) => [rule, severity, title]),
      tableWidth(app.io),
    ),
  );
}

export async function listProblems({ app, print }: Turn): Promise<undefined> {
  const problems = await problemsNow(app);
  print(problems.map(problemView), () =>
    problems.length === 0
      ? 'Nothing is wrong.'
      : problems
          .map(({ severity, title, todo, command }) =>
            [`${severity}: ${title}`, `  ${todo}`, ...(command ? [`  $ ${command}`] : [])].join('\n'),
          )
          .join('\n'),
  );
}

async function findChannel({ app }: Turn, name: string): Promise<Channel> {
  const channels = await (await app.store()).alerts.channels();
  const found = channels.find((channel) => channel.name === name);
  if (found) return found;
  const names = channels.map((channel) => channel.name).join(', ');
  throw new Failure('E_NOT_FOUND', {
    message: `There is no alert channel “${name}”.`,
    hint: names === '' ? 'There are none yet.' : `There are: ${names}.`,
    command: 'repost alerts list',
  });
}
