import { Ajv, type AnySchema, type ValidateFunction } from 'ajv';

const rules = { allErrors: false, strict: false, validateFormats: false, useDefaults: true } as const;

export interface Checked {
  value?: unknown;
  error?: Error;
}

/** Checks what comes in. What stands in an address is text and is read as the number it says; a body is not. */
export function createValidators(): (route: {
  schema: AnySchema;
  httpPart?: string;
}) => (data: unknown) => Checked {
  let exact: Ajv | undefined;
  let lenient: Ajv | undefined;
  return ({ schema, httpPart }) => {
    let check: ValidateFunction | undefined;
    return (data) => {
      exact ??= new Ajv(rules);
      lenient ??= new Ajv({ ...rules, coerceTypes: 'array' });
      // Compiled when first needed: most routes of most homes are never asked.
      check ??= (httpPart === 'body' ? exact : lenient).compile(schema);
      if (check(data)) return { value: data };
      return { error: Object.assign(new Error('not as described'), { validation: check.errors ?? [] }) };
    };
  };
}
