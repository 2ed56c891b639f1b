import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { bareFolder } from './homes.ts';

export interface Nginx {
  port: number;
  close(): Promise<void>;
}

/** nginx with one worker that gives the same answer to everything: https://nginx.org/en/docs/ */
export async function startNginx(answer: string): Promise<Nginx> {
  const folder = bareFolder();
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  // One word of its configuration holds 4 kB at most.
  const said = answer.match(/.{1,3000}/gu) ?? [];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 1024; }
    http { access_log off; keepalive_requests 100000000; ${paths.join(' ')}
      server { listen 127.0.0.1:${port}; default_type application/json; location / { ${said.map((piece, n) => `set $p${n} '${piece}';`).join(' ')} return 200 '${said.map((_, n) => `$p${n}`).join('')}'; } } }`,
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
