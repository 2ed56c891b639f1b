import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { stringify } from 'yaml';
import { alertmanager } from '../../src/cli/ops/files.ts';
import { rulesFile } from '../../src/cli/ops/rules.ts';

export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks until the answer satisfies; throws with the last one. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  satisfied: (answer: T) => boolean,
  patienceMs = 40_000,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (satisfied(answer)) return answer;
    if (Date.now() > end) throw new Error(`${what}: not there in time; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export type Sink = 'slack' | 'discord' | 'webhook' | 'email';

/** Places that alerts go to, on loopback: `RepostDown: firing` and the like, as each of them was told. */
export interface Sinks {
  told: Record<Sink, Set<string>>;
  ports: { http: number; smtp: number };
  close(): Promise<void>;
}

export async function openSinks(): Promise<Sinks> {
  const told: Sinks['told'] = { slack: new Set(), discord: new Set(), webhook: new Set(), email: new Set() };
  const readers: Record<string, (body: never) => void> = {
    '/slack': ({ attachments }: { attachments: { title: string }[] }) => {
      for (const { title } of attachments) told.slack.add(title);
    },
    '/discord': ({ embeds }: { embeds: { title: string }[] }) => {
      for (const { title } of embeds) told.discord.add(title);
    },
    '/webhook': ({ alerts }: { alerts: { status: string; labels: { alertname: string } }[] }) => {
      for (const { status, labels } of alerts) told.webhook.add(`${labels.alertname}: ${status}`);
    },
  };
  const http: Server = createServer(async (request, response) => {
    readers[request.url ?? '']?.(JSON.parse(await bodyOf(request)) as never);
    response
      .writeHead(request.url === '/discord' ? 204 : 200)
      .end(request.url === '/slack' ? 'ok' : undefined);
  });
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (data: Buffer) => {
        text += data.toString();
      });
      stream.on('end', () => {
        const [, subject] = /^Subject: (.*)$/mu.exec(text) ?? [];
        if (subject) told.email.add(subject.trim());
        done();
      });
    },
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', () => resolve()));
  return {
    told,
    ports: {
      http: (http.address() as AddressInfo).port,
      smtp: (smtp.server.address() as AddressInfo).port,
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const data of request) text += String(data);
  return text;
}

export interface Monitoring {
  /** The values of an instant query, with their labels. */
  query(expr: string): Promise<{ metric: Record<string, string>; value: number }[]>;
  /** Names of the alerts that fire now. */
  firing(): Promise<string[]>;
  close(): Promise<void>;
}

/** Debian's Prometheus and Alertmanager, with the rules that are handed out, `speed` times as fast. */
export async function openMonitoring(
  dir: string,
  listener: string,
  sinks: Sinks,
  speed: number,
): Promise<Monitoring> {
  const [port, managerPort] = [await freePort(), await freePort()];
  mkdirSync(join(dir, 'tsdb'), { recursive: true });
  const write = (name: string, value: unknown) => {
    writeFileSync(join(dir, name), stringify(value, { lineWidth: 0 }));
    return `--config.file=${join(dir, name)}`;
  };
  write('repost.rules.yml', rulesFile({ speed }));
  const prometheusFile = write('prometheus.yml', {
    global: { scrape_interval: '100ms', scrape_timeout: '100ms', evaluation_interval: '100ms' },
    rule_files: ['repost.rules.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${managerPort}`] }] }] },
    scrape_configs: [{ job_name: 'repost', static_configs: [{ targets: [listener] }] }],
  });
  const at = (path: string) => `http://127.0.0.1:${sinks.ports.http}/${path}`;
  const managerFile = write(
    'alertmanager.yml',
    alertmanager(
      {
        slack: { api_url: at('slack'), channel: '#publishing' },
        discord: { webhook_url: at('discord') },
        email: {
          to: 'you@example.com',
          from: 'alerts@example.com',
          smarthost: `127.0.0.1:${sinks.ports.smtp}`,
          require_tls: false,
        },
        webhook: { url: at('webhook') },
      },
      { wait: '100ms', interval: '300ms', repeat: '4h' },
    ),
  );
  const programs = [
    start('prometheus-alertmanager', [
      managerFile,
      `--storage.path=${join(dir, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${managerPort}`,
      '--cluster.listen-address=',
    ]),
    start('prometheus', [
      prometheusFile,
      `--storage.tsdb.path=${join(dir, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--rules.alert.resend-delay=1s',
    ]),
  ];
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  const ready = (to: number) =>
    fetch(`http://127.0.0.1:${to}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until('Prometheus is ready', () => ready(port), Boolean);
  await until('Alertmanager is ready', () => ready(managerPort), Boolean);
  return {
    async query(expr) {
      const answer = (await ask(`/api/v1/query?query=${encodeURIComponent(expr)}`)) as {
        status: string;
        error?: string;
        data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
      return (answer.data?.result ?? []).map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    async firing() {
      const { data } = (await ask('/api/v1/alerts')) as {
        data: { alerts: { state: string; labels: { alertname: string } }[] };
      };
      return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
    },
    async close() {
      for (const program of programs) await stop(program);
    },
  };
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, [...args, '--log.level=error'], { stdio: 'ignore' });
}

async function stop(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null) return;
  const gone = new Promise((resolve) => program.once('exit', resolve));
  program.kill('SIGKILL');
  await gone;
}
