import { createServer, type Socket } from 'node:net';

const PIECE = Buffer.alloc(2 ** 20);

/** Takes every upload and throws it away; sends as many zeros as the path says (`/1000`). As little work as Node can do. */
export function serveSink(): Promise<number> {
  const server = createServer(serve);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
}

function serve(socket: Socket): void {
  let head = '';
  let left = 0;
  let inBody = false;
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => {
    let rest = data;
    while (rest.length > 0) {
      if (!inBody) {
        head += rest.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        rest = Buffer.from(head.slice(end + 4), 'latin1');
        const [, path = '0'] = /^GET \/(\d+)/u.exec(head) ?? [];
        if (head.startsWith('GET')) sendZeros(socket, Number(path));
        left = Number(/content-length: *(\d+)/iu.exec(head)?.[1] ?? 0);
        inBody = left > 0;
        head = '';
        continue;
      }
      left -= rest.length;
      if (left > 0) return;
      inBody = false;
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      return;
    }
  });
}

function sendZeros(socket: Socket, bytes: number): void {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n`);
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      if (!socket.write(piece)) break;
    }
    if (left === 0) socket.off('drain', more);
  };
  socket.on('drain', more);
  more();
}
