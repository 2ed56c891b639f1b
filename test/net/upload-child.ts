/** Uploads one file in a process of its own and says how much memory that took: bundled and started by a test. */
import { originMap } from '../../src/net/origins.ts';
import { undiciTransport } from '../../src/net/transport.ts';

const { UPLOAD_URL = '', UPLOAD_FILE = '', UPLOAD_BYTES = '0' } = process.env;
const transport = undiciTransport({ origins: originMap({ 'https://upload.example.com': UPLOAD_URL }) });
const startMiB = process.memoryUsage.rss() / 2 ** 20;
const answer = await transport.send({
  method: 'PUT',
  url: 'https://upload.example.com/file',
  headers: {},
  body: { path: UPLOAD_FILE, start: 0, end: Number(UPLOAD_BYTES) },
  effect: true,
  timeoutMs: 60_000,
});
await transport.close();
// maxRSS is the peak, in KiB.
const peakMiB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ sent: Number(answer.text), startMiB, peakMiB }));
