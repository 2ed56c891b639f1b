import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AlertMessage } from '../core/alert.ts';
import { Failure } from '../core/failure.ts';
import { SEND_TIMEOUT_MS } from './alert-send.ts';
import { cut, plainText, tame } from './alert-text.ts';

const run = promisify(execFile);

/** Notifications are small: the rest is in `repost status`. */
const MOST_BODY = 400;

/** Shows a notification where a person sits in front of this machine. Throws E_TOOL_MISSING, E_TOOL_FAILED. */
export async function sendDesktop(
  { message }: { message: AlertMessage },
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  const [program, ...args] = desktopCall(message, platform);
  try {
    await run(program, args, { timeout: SEND_TIMEOUT_MS });
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT')
      throw new Failure('E_TOOL_MISSING', {
        message: `${program} is not installed.`,
        hint: 'Install it (Debian: libnotify-bin), or remove this channel.',
      });
    throw new Failure('E_TOOL_FAILED', {
      kind: 'retry',
      message: `${program} could not show a notification.`,
      hint: 'There may be no desktop session: a service that starts with the machine has none.',
      cause: error,
    });
  }
}

/** Program and arguments. The text is an argument, never part of a script. */
export function desktopCall(message: AlertMessage, platform: NodeJS.Platform): [string, ...string[]] {
  const title = tame(message.title, 120);
  const body = cut(plainText(message, MOST_BODY), MOST_BODY);
  if (platform === 'darwin')
    return [
      'osascript',
      '-e',
      'on run argv',
      '-e',
      'display notification (item 2 of argv) with title "repost" subtitle (item 1 of argv)',
      '-e',
      'end run',
      title,
      body,
    ];
  const urgency = message.severity === 'critical' ? 'critical' : 'normal';
  // The body is read as markup (https://specifications.freedesktop.org/notification/latest/markup.html).
  const escaped = body.replace(/[&<>]/gu, (character) => `&#${character.codePointAt(0)};`);
  return ['notify-send', '--app-name=repost', `--urgency=${urgency}`, '--', title, escaped];
}
