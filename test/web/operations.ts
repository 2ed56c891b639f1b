import * as fc from 'fast-check';

/** As much of JSON Schema as our document uses. */
export interface Schema {
  type?: string;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  operationId: string;
  tags: string[];
  'x-access'?: string;
  parameters?: { name: string; in: 'path' | 'query' | 'header'; schema: Schema; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface Document {
  openapi: string;
  paths: Record<string, Record<string, Omit<Operation, 'method' | 'path'>>>;
}

export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase() as Operation['method'],
    })),
  );
}

/** Text as people and attackers write it. */
const words = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    '3d',
    '2026-11-22',
    '../../etc/passwd',
    "' OR 1=1 --",
    '<img src=x>',
    '%00',
    '__proto__',
    '1',
  ),
);

/** A value that the schema allows. */
export function arbitraryOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(arbitraryOf));
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({
        min: schema.minimum ?? -(2 ** 31),
        max: Math.min(schema.maximum ?? 2 ** 31, 2 ** 53 - 1),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, Math.max(4, schema.minItems ?? 0)),
      });
    case 'object':
      return objectOf(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function textOf({ pattern, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  if (pattern) return fc.stringMatching(new RegExp(pattern, 'u')).filter((text) => text.length <= maxLength);
  return words.filter((text) => [...text].length >= minLength && [...text].length <= maxLength);
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, arbitraryOf(schema)])),
    { requiredKeys: [...required] },
  );
  if (additionalProperties === false || Object.keys(properties).length > 0) return known;
  return fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
}

/** Mostly what the schema allows, now and then anything. */
const looselyOf = (schema: Schema) =>
  fc.oneof(
    { weight: 4, arbitrary: arbitraryOf(schema) },
    { weight: 1, arbitrary: fc.oneof(words, fc.jsonValue({ maxDepth: 2 })) },
  );

export interface Request {
  url: string;
  body?: unknown;
  headers: Record<string, string>;
}

/** A request for an operation. `known`: what stands for a path parameter now and then, because it is there. */
export function requestOf(
  operation: Operation,
  known: Readonly<Record<string, readonly (string | number)[]>>,
) {
  const { path, parameters = [], requestBody } = operation;
  const schema = requestBody?.content['application/json']?.schema;
  const inPlace = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const pathValues = fc.record(
    Object.fromEntries(
      inPlace('path').map(({ name, schema: shape }) => {
        const there = known[name] ?? [];
        const any = looselyOf(shape);
        return [
          name,
          there.length > 0 ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...there) }, any) : any,
        ];
      }),
    ),
  );
  const query = fc.record(
    Object.fromEntries(inPlace('query').map(({ name, schema: shape }) => [name, looselyOf(shape)])),
    { requiredKeys: [] },
  );
  return fc
    .record({
      pathValues,
      query,
      body: schema
        ? fc.oneof({ weight: 4, arbitrary: arbitraryOf(schema) }, fc.jsonValue({ maxDepth: 3 }))
        : fc.constant(undefined),
      key:
        operation.method === 'GET'
          ? fc.constant(undefined)
          : fc.option(fc.stringMatching(/^[a-z]{1,3}$/u), { nil: undefined }),
    })
    .map(({ pathValues: values, query: asked, body, key }): Request => {
      const filled = path.replace(/\{(\w+)\}/gu, (_, name: string) => encode(values[name]));
      const search = Object.entries(asked)
        .flatMap(([name, value]) =>
          (Array.isArray(value) ? value : [value]).map((one) => `${name}=${encode(one)}`),
        )
        .join('&');
      return {
        url: search === '' ? filled : `${filled}?${search}`,
        ...(body === undefined ? {} : { body }),
        headers: key === undefined ? {} : { 'idempotency-key': key },
      };
    });
}

function encode(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return encodeURIComponent(text) || '%20';
}
