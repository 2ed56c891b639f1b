import { readFileSync } from 'node:fs';
import type { SimRequest } from '../../src/sandbox/types.ts';

/** Meta's own collection of requests: see test/fixtures/threads/README.md. */
interface Collection {
  requests: { name: string; method: string; path: string; query: string[]; responses: unknown[] }[];
  variables: Record<string, string>;
}

const file = new URL('../fixtures/threads/threads-api.postman.subset.json', import.meta.url);
const { requests, variables } = JSON.parse(readFileSync(file, 'utf8')) as Collection;

/** Where the collection sends its token. */
const everywhere = ['access_token', 'fields'];
/** Parameters of lists that the collection names on the list alone. */
const fieldsOf: Readonly<Record<string, string>> = {
  '/me': 'fields_profile',
  '/me/threads': 'fields_threads',
  '/me/threads_publishing_limit': 'fields_quota',
  '/{{container_id}}': 'fields_container',
  '/{{thread_id}}': 'fields_threads',
};

/** The request of the collection that this one is, and what is wrong with it. Without an id, whoever has edges is the account. */
export function judgeThreads(request: SimRequest, accountId?: string): { name: string; problems: string[] } {
  const params = [...request.query, ...new URLSearchParams(request.body.toString())];
  const asked = request.query.get('fields')?.split(',') ?? [];
  const known = (variable: string) => (variables[variable] ?? '').replace(/\{[^}]*\}/gu, '').split(',');
  const path = request.path
    .replace(/^\/v1\.0/u, '')
    .replace(accountId === undefined ? /^\/\d+(?=\/)/u : `/${accountId}`, '/me')
    .replace(
      /^\/\d+$/u,
      asked.some((name) => ['status', 'error_message'].includes(name))
        ? '/{{container_id}}'
        : '/{{thread_id}}',
    );
  const found = requests.find((one) => one.method === request.method && one.path === path);
  if (!found) return { name: '', problems: [`${request.method} ${path} is not in the collection`] };
  const problems = params
    .filter(([name]) => !found.query.includes(name) && !everywhere.includes(name))
    .map(([name]) => `${found.name}: ${name} is not in the collection`);
  const fields = known(fieldsOf[path] ?? '');
  problems.push(
    ...asked.filter((name) => !fields.includes(name)).map((name) => `${found.name}: no field ${name}`),
  );
  const control = params.find(([name]) => name === 'reply_control')?.[1];
  if (control !== undefined && !known('reply_control').includes(control))
    problems.push(`${found.name}: reply_control is ${control}`);
  return { name: found.name, problems };
}

export { requests };
