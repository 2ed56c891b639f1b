import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { DAY } from '../../src/core/clock.ts';

export interface Certificate {
  /** Both in one file, as Node’s servers here read it; and each alone, for nginx and for clients. */
  both: string;
  cert: string;
  key: string;
}

/** A certificate for localhost, in a folder of this measurement. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + DAY),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const [both, cert, key] = ['both.pem', 'cert.pem', 'key.pem'].map((name) => join(folder, name));
  if (!both || !cert || !key) throw new Error('no names');
  writeFileSync(cert, made.cert);
  writeFileSync(key, made.private, { mode: 0o600 });
  writeFileSync(both, `${made.private}\n${made.cert}`, { mode: 0o600 });
  return { both, cert, key };
}
