import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const PIECE = Buffer.alloc(2 ** 20);
/** Names what an upload is called, for clients that ask. */
const ANSWER = '{"id":"1","media_id_string":"1","data":{"id":"1","media_key":"7_1"}}';
const OK = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`;
/** How a body without a length ends. */
const LAST_CHUNK = '0\r\n\r\n';

/**
 * Takes every upload and throws it away; sends as many zeros as the path says (`/1000`). As little work as Node can do.
 * Over TLS where a certificate and its key are given, as one file. Gives the port.
 */
export function serveSink(certificate = ''): Promise<number> {
  const pem = certificate === '' ? undefined : readFileSync(certificate);
  const server: Server = pem ? createTlsServer({ key: pem, cert: pem }, serve) : createServer(serve);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
}

function serve(socket: Socket): void {
  let head = '';
  /** Bytes of the body that are missing; of one without a length nobody knows how many. */
  let left: number | 'unknown' = 0;
  let tail = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => {
    let rest = data;
    while (rest.length > 0) {
      if (left === 'unknown') {
        tail = (tail + rest.subarray(-LAST_CHUNK.length).toString('latin1')).slice(-LAST_CHUNK.length);
        if (tail !== LAST_CHUNK) return;
        left = 0;
        socket.write(OK);
        return;
      }
      if (left > 0) {
        const taken = Math.min(left, rest.length);
        left -= taken;
        rest = rest.subarray(taken);
        if (left === 0) socket.write(OK);
        continue;
      }
      head += rest.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      rest = Buffer.from(head.slice(end + 4), 'latin1');
      const [, path] = /^GET \/(\d+)/u.exec(head) ?? [];
      const length = Number(/content-length: *(\d+)/iu.exec(head)?.[1] ?? 0);
      tail = '';
      left = /transfer-encoding: *chunked/iu.test(head) ? 'unknown' : length;
      if (path !== undefined) sendZeros(socket, Number(path));
      else if (left === 0) socket.write(OK);
      head = '';
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
