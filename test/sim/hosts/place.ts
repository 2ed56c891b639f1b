import pg from 'pg';
import { storeOver } from '../../../src/store/parts.ts';
import { addressOf } from '../../../src/store/postgres/address.ts';
import { createConnection } from '../../../src/store/postgres/connection.ts';
import { numbersOf, openPostgresStore, poolConfig } from '../../../src/store/postgres/open.ts';
import type { Store } from '../../../src/store/types.ts';
import type { PostgresServer } from '../../store/postgres-program.ts';
import type { Place } from '../disk.ts';
import type { Cables } from './cable.ts';

const CONNECTIONS = 4;

/** A schema of its own on a real server. */
export interface PostgresPlace extends Place {
  /** The store as a process reaches it. The schema is there already. */
  through(cables: Cables): Store;
  /** The server crashes, and is there again. */
  restart(): void;
  /** Ends every connection that is left, and takes the schema away. */
  remove(): Promise<void>;
}

export function createPostgresPlace(server: PostgresServer): PostgresPlace {
  const text = server.address();
  const address = addressOf(text);
  const config = poolConfig(address, { env: {}, connections: CONNECTIONS });
  const types = numbersOf(pg.types);
  const pools: pg.Pool[] = [];
  const stores: Store[] = [];

  function poolOf(more: pg.PoolConfig): pg.Pool {
    const pool = new pg.Pool({ ...config, types, allowExitOnIdle: true, ...more });
    pool.on('connect', (client) => void client.on('error', () => undefined));
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  }

  return {
    async open() {
      const store = await openPostgresStore({
        address: text,
        env: {},
        connections: CONNECTIONS,
        serverTime: false,
      });
      stores.push(store);
      return store;
    },
    through: (cables) =>
      storeOver(
        createConnection({
          pool: poolOf({ stream: () => cables.open() }),
          place: address.place,
          schema: address.schema,
          serverTime: false,
        }),
      ),
    // Whoever dies here loses its cables.
    kill: () => undefined,
    async bytes() {
      const pool = poolOf({});
      const tables = await pool.query<{ name: string }>(
        'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1',
        [address.schema],
      );
      const texts = tables.rows.map(async ({ name }) => {
        const { rows } = await pool.query<{ rows: string | null }>(
          `SELECT string_agg(one::text, ' ') AS rows FROM "${name}" AS one`,
        );
        return rows[0]?.rows ?? '';
      });
      return Buffer.from((await Promise.all(texts)).join('\n'));
    },
    restart() {
      server.stop('immediate');
      server.start();
    },
    async remove() {
      await Promise.all([...stores.map((store) => store.close()), ...pools.map((pool) => pool.end())]);
      server.sql(`DROP SCHEMA ${address.schema} CASCADE`);
    },
  };
}
