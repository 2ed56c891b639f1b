import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { Failure } from '../../core/failure.ts';

/** Where a store on PostgreSQL is. */
export interface StoreAddress {
  config: Pick<ClientConfig, 'host' | 'port' | 'user' | 'database' | 'ssl'>;
  schema: string;
  /** For messages. */
  place: string;
}

const PARAMETERS = ['schema', 'sslmode', 'sslrootcert', 'host', 'user'];

/** Reads `postgres://user@host:5432/database?schema=…&sslmode=…`. Throws E_CONFIG naming what is wrong. */
export function addressOf(text: string): StoreAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(?:ql)?:$/u.test(url.protocol)) {
    throw wrong('It must look like postgres://user@host/database.');
  }
  if (url.password !== '' || url.searchParams.has('password')) {
    throw wrong('A password does not belong into the address: it would be kept in plain text.');
  }
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw wrong(`“${unknown}” is not known; known are ${PARAMETERS.join(', ')}.`);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '') throw wrong('It must name a database: postgres://user@host/database.');
  const schema = url.searchParams.get('schema') ?? 'repost';
  if (!/^[a-z_][a-z0-9_]{0,62}$/u.test(schema) || schema.startsWith('pg_')) {
    throw wrong('A schema’s name is made of small letters, digits and _.');
  }
  const host = (url.searchParams.get('host') ?? url.hostname.replace(/^\[|\]$/gu, '')) || undefined;
  const user = decodeURIComponent(url.username) || (url.searchParams.get('user') ?? undefined);
  return {
    config: {
      database,
      ...(host === undefined ? {} : { host }),
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      ...(user === undefined ? {} : { user }),
      ssl: sslOf(url.searchParams, host),
    },
    schema,
    place: `${host ?? 'this machine'}${url.port === '' ? '' : `:${url.port}`}/${database}`,
  };
}

/** The words of libpq (https://www.postgresql.org/docs/current/libpq-ssl.html), without those that may end up in plain text. */
function sslOf(parameters: URLSearchParams, host: string | undefined): ClientConfig['ssl'] {
  const local = host === undefined || host.startsWith('/') || /^(?:localhost|127\.[\d.]+|::1)$/u.test(host);
  const mode = parameters.get('sslmode') ?? (local ? 'disable' : 'verify-full');
  const file = parameters.get('sslrootcert');
  const ca = file === null ? {} : { ca: certificate(file) };
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
      return { ...ca, checkServerIdentity: () => undefined };
    case 'verify-full':
      return ca;
    default:
      throw wrong('sslmode is one of disable, require, verify-ca, verify-full.');
  }
}

function certificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure('E_CONFIG', { message: `The certificate ${file} can’t be read.`, cause });
  }
}

function wrong(message: string): Failure {
  return new Failure('E_CONFIG', {
    message: `The address of the store can’t be used. ${message}`,
    hint: 'Name the database alone; its password comes from PGPASSFILE, PGPASSWORD or REPOST_STORE_PASSWORD_FILE.',
    command: 'repost config set store postgres://user@host/database',
  });
}
