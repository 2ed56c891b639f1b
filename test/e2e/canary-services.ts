import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { SMTPServer } from 'smtp-server';

/** What a service might answer that shows a person all it was sent, to explain what is wrong with it. */
export const echoOf = (request: { headers: object; text: string; address: string }) =>
  JSON.stringify({
    error: {
      message: `${request.address} ${JSON.stringify(request.headers)} ${request.text.slice(0, 4000)}`,
    },
  });

/** Every service of alerts: takes all, or answers with what it was sent. */
export async function openEchoingSink(
  alerts: { path: string; text: string }[],
  nextStatus: () => number | undefined,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += String(piece);
    const { url: path = '', headers } = request;
    const status = nextStatus();
    if (status !== undefined) return response.writeHead(status).end(echoOf({ headers, text, address: path }));
    alerts.push({ path, text });
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export async function openMail(passwords: string[], onText: (text: string) => void): Promise<SMTPServer> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ password }, _session, done) {
      passwords.push(password ?? '');
      done(null, { user: 'me' });
    },
    onData(stream, _session, done) {
      stream.setEncoding('utf8').on('data', onText);
      stream.on('end', done);
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const LOOK_MS = 40;
/** A new process is its parent’s copy for a moment. */
const LOOKS = 10;

/** Tells the arguments of every process that has this folder in its environment, where the system shows them. */
export function watchArguments(folder: string, onText: (text: string) => void): { stop(): void } {
  const looks = new Map<string, number>();
  const told = new Set<string>();
  const look = () => {
    for (const pid of readdirSync('/proc')) {
      const times = looks.get(pid) ?? 0;
      if (!/^\d+$/u.test(pid) || times >= LOOKS) continue;
      looks.set(pid, times + 1);
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(folder)) continue;
        const text = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        if (!told.has(text)) onText(text);
        told.add(text);
      } catch {
        // It ended meanwhile, or is somebody else’s.
      }
    }
  };
  if (!existsSync('/proc/self/cmdline')) return { stop: () => undefined };
  const timer = setInterval(look, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}
