import { readFileSync } from 'node:fs';
import type { SimRequest } from '../../src/sandbox/types.ts';

/** Judges requests and answers by Meta's own description of its API: see test/fixtures/meta/README.md. */

interface Spec {
  apis: { method: string; endpoint?: string; name?: string; params: Param[] }[];
  fields: { name: string; type: string }[];
}

interface Param {
  name: string;
  required: boolean;
  type: string;
}

const folder = new URL('../fixtures/meta/', import.meta.url);
const load = <T>(name: string): T => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as T;

const specs = new Map<string, Spec>();
function specOf(name: string): Spec {
  const file = name === 'Page' ? 'Page.subset' : name;
  const known = specs.get(name) ?? load<Spec>(file);
  specs.set(name, known);
  return known;
}

const enums = new Map(
  load<{ name: string; values: string[] }[]>('enum_types.subset').map(({ name, values }) => [name, values]),
);

/** Parameters of Graph itself, that every call takes and no schema lists. */
const graphParams = ['access_token', 'fields', 'limit', 'after', 'before'];

export interface Verdict {
  problems: string[];
  /** What the schemas say nothing about: `POST media: is_ai_generated`. */
  unjudged: string[];
}

/** The edge of a node, its parameters by name and type, and the fields that were asked for. */
export function judgeRequest(request: SimRequest, node: string): Verdict {
  const [, , edge] = request.path.split('/').filter(Boolean);
  const spec = specOf(node);
  const name = `${request.method} ${edge ?? node}`;
  const api = spec.apis.find((one) =>
    edge === undefined ? one.name === '#get' : one.method === request.method && one.endpoint === edge,
  );
  if (!api) return { problems: [`${name}: there is no such edge on ${node}`], unjudged: [] };
  const verdict: Verdict = { problems: [], unjudged: [] };
  const params = [...request.query, ...new URLSearchParams(request.body.toString())];
  for (const [key, value] of params) {
    const param = api.params.find((one) => one.name === key);
    if (param) verdict.problems.push(...judgeValue(`${name}: ${key}`, value, param.type));
    else if (!graphParams.includes(key)) verdict.unjudged.push(`${name}: ${key}`);
  }
  for (const { name: wanted, required } of api.params) {
    if (required && !params.some(([key]) => key === wanted))
      verdict.problems.push(`${name}: ${wanted} is missing`);
  }
  const returned = returnType(node, edge);
  const fields = request.query.get('fields') ?? '';
  for (const field of fields.split(',').filter(Boolean)) {
    if (!specOf(returned).fields.some(({ name: known }) => known === field) && field !== 'id')
      verdict.problems.push(`${name}: ${returned} has no field ${field}`);
  }
  return verdict;
}

function returnType(node: string, edge: string | undefined): string {
  switch (edge) {
    case undefined:
      return node;
    case 'content_publishing_limit':
      return 'ContentPublishingLimitResponse';
    case 'video_reels':
      return 'AdVideo';
    default:
      return 'IGMedia';
  }
}

function judgeValue(what: string, value: string, type: string): string[] {
  const wrong = (good: boolean) => (good ? [] : [`${what}: ${value} is no ${type}`]);
  switch (type) {
    case 'string':
      return [];
    case 'bool':
      return wrong(value === 'true' || value === 'false');
    case 'unsigned int':
      return wrong(/^\d+$/u.test(value));
    case 'datetime':
      return wrong(/^\d{9,11}$/u.test(value) || !Number.isNaN(Date.parse(value)));
    case 'map':
      return wrong(isObject(value));
    default: {
      const values = enums.get(type);
      // The documentation writes these words small, the schema tall; Graph takes both.
      return values
        ? wrong(values.includes(value.toUpperCase()))
        : [`${what}: the type ${type} is not known here`];
    }
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Fields that an answer has and its type doesn't, and values of another kind than it says. */
export function judgeAnswer(type: string, answer: unknown, where = type): string[] {
  if (typeof answer !== 'object' || answer === null) return [`${where}: not an object`];
  const problems: string[] = [];
  for (const [name, value] of Object.entries(answer)) {
    const field = specOf(type).fields.find((one) => one.name === name);
    if (!field) problems.push(`${where}: no field ${name}`);
    else problems.push(...judgeField(`${where}.${name}`, value, field.type));
  }
  return problems;
}

function judgeField(where: string, value: unknown, type: string): string[] {
  const list = /^list<(\w+)>$/u.exec(type)?.[1];
  if (list) {
    if (!Array.isArray(value)) return [`${where}: no list`];
    return value.flatMap((item, at) => judgeField(`${where}[${at}]`, item, list));
  }
  const wrong = (good: boolean) => (good ? [] : [`${where}: ${JSON.stringify(value)} is no ${type}`]);
  switch (type) {
    case 'string':
      return wrong(typeof value === 'string');
    case 'bool':
      return wrong(typeof value === 'boolean');
    case 'int':
    case 'unsigned int':
      return wrong(typeof value === 'number' && Number.isInteger(value));
    case 'datetime':
      return wrong(typeof value === 'number' || typeof value === 'string');
    case 'Object':
      return wrong(typeof value === 'object');
    default:
      return judgeAnswer(type, value, where);
  }
}
