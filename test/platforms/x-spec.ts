import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { Answer } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';

/** Judges requests and answers by X's own descriptions of its API: two, because X renamed half of it in between. */
export type SpecVersion = '2.159' | '2.167';

interface Parameter {
  name: string;
  in: 'query' | 'path';
  required?: boolean;
  explode?: boolean;
  schema: { type?: string; $ref?: string };
}

interface Operation {
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

interface Spec {
  paths: Record<string, Record<string, Operation>>;
  components: { parameters?: Record<string, Parameter> } & Record<string, unknown>;
}

export interface Judge {
  /** What is wrong with a request, in words. */
  request(request: SimRequest): Promise<string[]>;
  answer(request: SimRequest, answer: Answer): string[];
}

export function judgeBy(version: SpecVersion): Judge {
  const file = new URL(`../fixtures/x/openapi-${version}.json`, import.meta.url);
  const spec = JSON.parse(readFileSync(file, 'utf8')) as Spec;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'x', ...spec });
  /** Schemas refer to their own document: looked up from its root. */
  const errorsOf = (schema: object, value: unknown): string[] => {
    const validate = ajv.compile(rooted(schema));
    return validate(value) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
  };

  return {
    async request(request) {
      const found = operationOf(spec, request);
      if (!found) return [`there is no ${request.method} ${request.path}`];
      const { operation, path } = found;
      const parameters = (operation.parameters ?? []).map((one) =>
        '$ref' in one ? spec.components.parameters![one.$ref.split('/').at(-1)!]! : one,
      );
      return [
        ...queryErrors(parameters, request, errorsOf),
        ...parameters
          .filter((one) => one.in === 'path')
          .flatMap((one) => errorsOf(one.schema, path[one.name])),
        ...(await bodyErrors(operation, request, errorsOf)),
        ...(/^Bearer \S+$/u.test(request.headers['authorization'] ?? '') ? [] : ['no bearer token']),
      ];
    },
    answer(request, answer) {
      const found = operationOf(spec, request);
      if (!found) return [`there is no ${request.method} ${request.path}`];
      const { content } = found.operation.responses[String(answer.status)] ?? {};
      const schema = content?.['application/json']?.schema;
      if (!schema) return [`no answer ${answer.status} is described`];
      return errorsOf(schema, JSON.parse(answer.body.toString()));
    },
  };
}

type ErrorsOf = (schema: object, value: unknown) => string[];

/** `#/components/…` of the described document, seen from outside of it. */
function rooted(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"x#/components/')) as object;
}

function operationOf(
  spec: Spec,
  { method, path }: SimRequest,
): { operation: Operation; path: Record<string, string> } | undefined {
  for (const [template, operations] of Object.entries(spec.paths)) {
    const names = [...template.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name!);
    const match = new RegExp(`^${template.replaceAll(/\{\w+\}/gu, '([^/]+)')}$`, 'u').exec(path);
    const operation = operations[method.toLowerCase()];
    if (match && operation)
      return { operation, path: Object.fromEntries(names.map((name, at) => [name, match[at + 1]!])) };
  }
  return undefined;
}

function queryErrors(parameters: readonly Parameter[], { query }: SimRequest, errorsOf: ErrorsOf): string[] {
  const known = parameters.filter((one) => one.in === 'query');
  const strangers = [...query.keys()].filter((name) => !known.some((one) => one.name === name));
  const missing = known.filter((one) => one.required && !query.has(one.name));
  return [
    ...strangers.map((name) => `unknown query parameter ${name}`),
    ...missing.map(({ name }) => `query parameter ${name} is missing`),
    ...known
      .filter((one) => query.has(one.name))
      .flatMap((one) =>
        errorsOf(one.schema, typed(one, query.get(one.name)!)).map((error) => `${one.name}${error}`),
      ),
  ];
}

/** A query value as its schema wants it: numbers as numbers, lists (comma separated) as arrays. */
function typed({ schema }: Parameter, text: string): unknown {
  if (schema.type === 'integer') return Number(text);
  return schema.type === 'array' ? text.split(',') : text;
}

async function bodyErrors(operation: Operation, request: SimRequest, errorsOf: ErrorsOf): Promise<string[]> {
  const { body, headers } = request;
  const described = operation.requestBody;
  if (!described) return body.length === 0 ? [] : ['a body where there is none'];
  const type = (headers['content-type'] ?? '').split(';')[0]!;
  const schema = described.content[type]?.schema;
  if (!schema) return [`content type ${type}`];
  if (type === 'application/json') return errorsOf(schema, JSON.parse(body.toString()));
  // Node's own reader of multipart/form-data, which is neither the client's writer nor the simulator's reader.
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': headers['content-type']! },
  }).formData();
  const value: Record<string, unknown> = {};
  for (const [name, part] of form) value[name] = name === 'segment_index' ? Number(part) : 'bytes';
  return [
    ...errorsOf(schema, value),
    ...(form.get('media') instanceof Blob ? [] : ['the media part is no file']),
  ];
}
