import { bad } from './telegram-answers.ts';
import type { SimRequest } from './types.ts';
import { partsOf } from './x-multipart.ts';

/** A request's parameters, however they were sent: https://core.telegram.org/bots/api#making-requests */
export interface Params {
  text(name: string): string | undefined;
  /** A value that is written as JSON where it is no text. */
  json(name: string): unknown;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  /** The uploaded file that a parameter is, or names by `attach://`. */
  file(name: string): Buffer | undefined;
}

export function paramsOf(request: SimRequest): Params {
  const values = new Map<string, unknown>(request.query);
  const files = new Map<string, Buffer>();
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/form-data/iu.test(type)) {
    const parts = partsOf(type, request.body);
    if (!parts) throw bad('can’t parse the form');
    for (const { name, filename, value } of parts) {
      if (filename === undefined) values.set(name, value.toString());
      else files.set(name, value);
    }
  } else if (/^application\/json/iu.test(type)) {
    for (const [name, value] of Object.entries(bodyObject(request))) values.set(name, value);
  } else {
    for (const [name, value] of new URLSearchParams(request.body.toString())) values.set(name, value);
  }
  return read(values, files);
}

function bodyObject(request: SimRequest): object {
  try {
    const body: unknown = JSON.parse(request.body.toString() || '{}');
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Said below.
  }
  throw bad("can't parse JSON object");
}

function read(values: ReadonlyMap<string, unknown>, files: ReadonlyMap<string, Buffer>): Params {
  const text = (name: string) => {
    const value = values.get(name);
    return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
  };
  return {
    text,
    json(name) {
      const value = values.get(name);
      if (typeof value !== 'string') return value;
      try {
        return JSON.parse(value) as unknown;
      } catch {
        throw bad(`can't parse ${name} JSON object`);
      }
    },
    number(name) {
      const value = text(name);
      if (value === undefined || value === '') return undefined;
      if (!/^-?\d+$/u.test(value)) throw bad(`${name} must be an integer`);
      return Number(value);
    },
    flag: (name) => /^(true|1|yes)$/iu.test(text(name) ?? ''),
    file(name) {
      const attached = /^attach:\/\/(.+)$/u.exec(text(name) ?? '')?.[1];
      if (attached === undefined) return files.get(name);
      const found = files.get(attached);
      if (found) return found;
      throw bad(`${name}: there is no attached file with the specified name`);
    },
  };
}
