// Compiled against the client that is generated from the API's document, and run against a daemon.
import createClient from 'openapi-fetch';
import type { paths } from './out/schema.d.ts';

const [baseUrl = '', token = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

const status = await client.GET('/api/v1/status');
if (!status.data) throw new Error(JSON.stringify(status.error));
const daemon: 'running' | 'stopped' = status.data.daemon;

const added = await client.POST('/api/v1/users', { body: { name: 'clara', limits: { 'posts-per-day': 3 } } });
const users = await client.GET('/api/v1/users', { params: { query: { limit: 10 } } });
const names: string[] = users.data?.items.map(({ name }) => name) ?? [];

const missing = await client.GET('/api/v1/jobs/{id}', { params: { path: { id: 12345 } } });
const code: string | undefined = missing.error?.code;

// @ts-expect-error a body that the document does not allow does not compile
const wrong = await client.POST('/api/v1/users', { body: { nome: 'dora' } });

console.log(JSON.stringify({ daemon, role: added.data?.role, names, code, refused: wrong.response.status }));
