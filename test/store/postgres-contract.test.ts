import { onTestFinished } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres/open.ts';
import { storeContract } from './contract.ts';
import { describeWithPostgres } from './postgres-server.ts';

describeWithPostgres('a store on a PostgreSQL server', (server) => {
  storeContract('PostgreSQL', async () => {
    const store = await openPostgresStore({
      address: server.address(),
      env: {},
      serverTime: false,
      connections: 3,
    });
    onTestFinished(() => store.close());
    return store;
  });
});
