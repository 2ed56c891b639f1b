import { readFileSync } from 'node:fs';
import type { SimRequest } from '../../src/sandbox/types.ts';

/** A request or an answer held against Google's own description of the API. */

interface Schema {
  type?: string;
  format?: string;
  enum?: string[];
  items?: Schema;
  $ref?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
}

interface Parameter extends Schema {
  location: string;
  required?: boolean;
  repeated?: boolean;
  minimum?: string;
  maximum?: string;
}

interface Method {
  id: string;
  path: string;
  httpMethod: string;
  parameters: Record<string, Parameter>;
  request?: { $ref: string };
  response?: { $ref: string };
  mediaUpload?: { protocols: Record<string, { path: string }> };
}

interface Discovery {
  servicePath: string;
  parameters: Record<string, Parameter>;
  resources: Record<string, { methods: Record<string, Method> }>;
  schemas: Record<string, Schema>;
}

const discovery = JSON.parse(
  readFileSync(new URL('../fixtures/youtube/youtube-v3.discovery.json', import.meta.url), 'utf8'),
) as Discovery;

const methods = Object.values(discovery.resources).flatMap((resource) => Object.values(resource.methods));

/** The method that a request calls; undefined where the API has none such. */
export function methodOf(request: Pick<SimRequest, 'method' | 'path'>): Method | undefined {
  return methods.find(
    (method) => method.httpMethod === request.method && pathsOf(method).includes(request.path),
  );
}

function pathsOf(method: Method): string[] {
  const uploads = Object.values(method.mediaUpload?.protocols ?? {}).map(({ path }) => path);
  return [`/${discovery.servicePath}${method.path}`, ...uploads];
}

/** What is wrong with a request by the description: path, method, query parameters, body. Empty: nothing. */
export function requestFaults(request: SimRequest): string[] {
  const method = methodOf(request);
  if (!method) return [`no method ${request.method} ${request.path}`];
  const known = { ...discovery.parameters, ...method.parameters };
  const faults: string[] = [];
  for (const [name, value] of request.query) {
    const parameter = known[name];
    if (!parameter) faults.push(`${method.id} has no parameter ${name}`);
    else faults.push(...parameterFaults(name, value, parameter));
  }
  for (const [name, parameter] of Object.entries(known)) {
    if (parameter.required && !request.query.has(name)) faults.push(`${method.id} wants ${name}`);
    if (!parameter.repeated && request.query.getAll(name).length > 1) faults.push(`${name} is given twice`);
  }
  const { request: body } = method;
  if (body && request.headers['content-type']?.startsWith('application/json'))
    faults.push(...valueFaults(body.$ref, JSON.parse(request.body.toString()), { $ref: body.$ref }));
  else if (!body && request.body.length > 0 && !method.mediaUpload) faults.push(`${method.id} takes no body`);
  return faults;
}

/** What is wrong with the JSON of an answer to this request. */
export function answerFaults(request: Pick<SimRequest, 'method' | 'path'>, body: unknown): string[] {
  const response = methodOf(request)?.response;
  return response
    ? valueFaults(response.$ref, body, response)
    : [`no method ${request.method} ${request.path}`];
}

function parameterFaults(name: string, text: string, parameter: Parameter): string[] {
  const { type, minimum, maximum } = parameter;
  if (type === 'boolean' && text !== 'true' && text !== 'false') return [`${name}=${text} is no boolean`];
  if (type === 'integer') {
    const number = Number(text);
    if (!/^-?\d+$/u.test(text)) return [`${name}=${text} is no integer`];
    if (number < Number(minimum ?? -Infinity) || number > Number(maximum ?? Infinity))
      return [`${name}=${text} is out of bounds`];
  }
  if (parameter.enum && !parameter.enum.includes(text)) return [`${name}=${text} is none of its values`];
  return [];
}

/** Faults of one JSON value, with the path to it. */
function valueFaults(at: string, value: unknown, schema: Schema): string[] {
  if (schema.$ref !== undefined) {
    const named = discovery.schemas[schema.$ref];
    return named ? valueFaults(at, value, named) : [`${at}: no schema ${schema.$ref}`];
  }
  switch (schema.type) {
    case 'object':
      return objectFaults(at, value, schema);
    case 'array':
      if (!Array.isArray(value)) return [`${at} is no list`];
      return value.flatMap((one, index) => valueFaults(`${at}[${index}]`, one, schema.items ?? {}));
    case 'string':
      return stringFaults(at, value, schema);
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${at} is no boolean`];
    case 'integer':
    case 'number':
      return typeof value === 'number' ? [] : [`${at} is no number`];
    default:
      return [];
  }
}

function objectFaults(at: string, value: unknown, schema: Schema): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
  return Object.entries(value).flatMap(([name, one]) => {
    const property = schema.properties?.[name] ?? schema.additionalProperties;
    return property ? valueFaults(`${at}.${name}`, one, property) : [`${at} has no property ${name}`];
  });
}

function stringFaults(at: string, value: unknown, schema: Schema): string[] {
  if (typeof value !== 'string') return [`${at} is no text`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${value} is none of its values`];
  // 64-bit numbers travel as text.
  if (/int64$/u.test(schema.format ?? '') && !/^-?\d+$/u.test(value)) return [`${at}: ${value} is no number`];
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) return [`${at}: ${value} is no time`];
  return [];
}
