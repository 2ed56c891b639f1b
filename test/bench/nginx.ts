import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import type { Certificate } from './certificate.ts';
import { bareFolder } from './homes.ts';

export interface Nginx {
  port: number;
  close(): Promise<void>;
}

/** Gives the same answer to everything; over TLS where there is a certificate. */
export function startNginx(answer: string, certificate?: Certificate): Promise<Nginx> {
  // One word of its configuration holds 4 kB at most.
  const said = answer.match(/.{1,3000}/gu) ?? [];
  const parts = said.map((piece, n) => `set $p${n} '${piece}';`).join(' ');
  return start(`${parts} return 200 '${said.map((_, n) => `$p${n}`).join('')}';`, certificate);
}

/** Passes every upload on to another server while it arrives. */
export function startRelay(to: number): Promise<Nginx> {
  return start(
    `client_max_body_size 0; proxy_http_version 1.1; proxy_set_header Connection "";
     proxy_request_buffering off; proxy_buffering off; proxy_pass http://127.0.0.1:${to};`,
  );
}

/** nginx with one worker: https://nginx.org/en/docs/ */
async function start(location: string, certificate?: Certificate): Promise<Nginx> {
  const folder = bareFolder();
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const tls = certificate
    ? `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`
    : '';
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 1024; }
    http { access_log off; keepalive_requests 100000000; ${paths.join(' ')}
      server { listen 127.0.0.1:${port}${certificate ? ' ssl' : ''}; ${tls} default_type application/json;
        location / { ${location} } } }`,
  );
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  for (let left = 100; !(await listens(port)); left -= 1) {
    if (left === 0) throw new Error('nginx did not start');
    await systemClock.sleep(50);
  }
  return {
    port,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
