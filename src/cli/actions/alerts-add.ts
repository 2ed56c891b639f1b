import {
  type ChannelKind,
  type ChannelSecrets,
  type ChannelSettings,
  channelKinds,
  type MailSettings,
} from '../../core/alert.ts';
import {
  nextTime,
  nextTimeOfWeek,
  parseTimeOfDay,
  parseTimeOfWeek,
  parseTimeSpan,
} from '../../core/alert-hours.ts';
import { type AlertRule, alertRules, isAlertRule, type Severity } from '../../core/alert-rules.ts';
import { Failure } from '../../core/failure.ts';
import { removeChannelSecrets, saveChannelSecrets } from '../../vault/alerts.ts';
import { channelView } from '../../web/alert-view.ts';
import { timeZoneOf } from '../alerts.ts';
import type { Turn } from '../command.ts';
import { wholeNumber } from '../find.ts';
import { parseLength } from '../time.ts';
import { answer, readSecrets, type SecretFlags } from './alerts-secrets.ts';

export interface AddOptions extends SecretFlags {
  name?: string;
  chat?: string;
  to?: string[];
  from?: string;
  host?: string;
  port?: string;
  login?: string;
  tls?: MailSettings['tls'];
  caFile?: string;
  severity: Severity;
  only?: string;
  except?: string;
  forUser?: string;
  quiet?: string;
  digest?: string;
  weekly?: string;
  repeat: string;
}

export async function addAlert(turn: Turn, options: AddOptions, kindText: string): Promise<undefined> {
  const { app, print, note } = turn;
  const kind = kindOf(kindText);
  const name = nameOf(options.name ?? kind);
  const common = commonSettings(options);
  const place = await placeOf(turn, kind, options);
  const vault = await app.vault();
  await vault.probe();
  const secrets = await readSecrets(turn, kind, options, place.mail?.user !== null);
  const settings: ChannelSettings = { ...common, ...place, place: place.place ?? hostOf(secrets) };
  const now = app.clock.now();
  const digestAt =
    settings.digest === null ? null : nextTime(parseTimeOfDay(settings.digest), timeZoneOf(app), now);
  const weeklyAt = settings.weekly
    ? nextTimeOfWeek(parseTimeOfWeek(settings.weekly), timeZoneOf(app), now)
    : null;
  const { alerts } = await app.store();
  // The name first: what another channel of this name keeps in the vault must not be written over.
  const channel = await alerts.addChannel({ name, kind, settings, digestAt, weeklyAt }, now);
  try {
    await saveChannelSecrets(vault, name, secrets);
  } catch (error) {
    await alerts.removeChannel(name);
    await removeChannelSecrets(vault, name).catch(() => undefined);
    throw error;
  }
  app.nudge();
  print(channelView(channel, undefined, false), () =>
    kind === 'heartbeat'
      ? `${settings.place} is told after each good cycle.`
      : `Alerts of “${settings.severity}” and above go to ${settings.place}.`,
  );
  note(`Next: repost alerts test ${name}`);
}

function kindOf(text: string): ChannelKind {
  const kind = channelKinds.find((one) => one === text.toLowerCase());
  if (kind) return kind;
  throw new Failure('E_USAGE', {
    message: `Alerts can’t go to “${text}”.`,
    hint: `They go to: ${channelKinds.join(', ')}.`,
  });
}

function nameOf(text: string): string {
  if (/^[\w.-]{1,40}$/u.test(text)) return text;
  throw new Failure('E_USAGE', {
    message: `“${text}” is no name for a channel.`,
    hint: 'Use letters, digits, dots and hyphens.',
  });
}

function commonSettings(options: AddOptions): Omit<ChannelSettings, 'place'> {
  const { quiet = null, digest = null, weekly = null } = options;
  if (quiet !== null) parseTimeSpan(quiet);
  if (digest !== null) parseTimeOfDay(digest);
  if (weekly !== null) parseTimeOfWeek(weekly);
  return {
    severity: options.severity,
    only: options.only === undefined ? null : rulesOf(options.only, '--only'),
    except: options.except === undefined ? [] : rulesOf(options.except, '--except'),
    user: options.forUser ?? null,
    quiet,
    digest,
    weekly,
    repeatMs: parseLength(options.repeat, '--repeat'),
  };
}

function rulesOf(text: string, flag: string): AlertRule[] {
  return text.split(',').map((part) => {
    const rule = part.trim();
    if (isAlertRule(rule)) return rule;
    throw new Failure('E_USAGE', {
      message: `${flag}: there is no rule “${rule}”.`,
      hint: `Rules: ${Object.keys(alertRules).join(', ')}.`,
      command: 'repost alerts rules',
    });
  });
}

type Place = Pick<ChannelSettings, 'chat' | 'mail'> & { place?: string };

/** What is said of a channel without its secrets. */
async function placeOf(turn: Turn, kind: ChannelKind, options: AddOptions): Promise<Place> {
  switch (kind) {
    case 'telegram': {
      const chat = options.chat ?? (await answer(turn, 'alertChat', 'Chat (its id, or @name of a channel)'));
      if (/^(-?\d{1,20}|@\w{4,})$/u.test(chat)) return { chat, place: `chat ${chat}` };
      throw new Failure('E_USAGE', {
        message: `“${chat}” is no chat.`,
        hint: 'Give the chat’s id, such as 123456789 or -1001234567890, or @name of a public channel.',
      });
    }
    case 'email': {
      const mail = await mailOf(turn, options);
      return { mail, place: `${mail.to.join(', ')} by ${mail.host}:${mail.port}` };
    }
    case 'desktop':
      return { place: 'this machine' };
    default:
      return {};
  }
}

async function mailOf(turn: Turn, options: AddOptions): Promise<MailSettings> {
  const host = options.host ?? (await answer(turn, 'mailServer', 'Mail server'));
  const from = addressOf(options.from ?? (await answer(turn, 'mailFrom', 'From address')), '--from');
  const to = options.to ?? [await answer(turn, 'mailTo', 'To address')];
  const tls = options.tls ?? (options.port === '465' ? 'tls' : 'starttls');
  const user = options.login ?? null;
  const local = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/u.test(host);
  if (tls === 'none' && !local)
    throw new Failure('E_USAGE', {
      message: `--tls none would send your mail to ${host} for all to read.`,
      hint: 'Leave --tls out: STARTTLS is used. Only a server on this machine goes without.',
    });
  const port = options.port === undefined ? (tls === 'tls' ? 465 : 587) : wholeNumber(options.port, '--port');
  return {
    host,
    port,
    tls,
    user,
    from,
    to: to.map((address) => addressOf(address, '--to')),
    caFile: options.caFile ?? null,
  };
}

function addressOf(text: string, flag: string): string {
  if (/^[^\s@<>,;"]+@[^\s@<>,;"]+$/u.test(text)) return text;
  throw new Failure('E_USAGE', {
    message: `${flag}: “${text}” is no mail address.`,
    hint: 'Give one address, such as me@example.com; --to takes several.',
  });
}

/** Of a secret address only the host is shown. */
function hostOf({ url }: ChannelSecrets): string {
  return url === undefined ? '' : new URL(url).host;
}
