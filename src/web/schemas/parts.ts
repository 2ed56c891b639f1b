import * as Type from 'typebox';

export const version = Type.Integer({ description: 'Of all objects; fields are only ever added.' });
export const text = Type.String();
export const instant = Type.String({ format: 'date-time', description: 'ISO 8601, UTC.' });
export const flag = Type.Boolean();
export const count = Type.Integer({ minimum: 0 });
/** What has a shape of its own that is described elsewhere. */
export const anything = Type.Unknown();

export function orNull<T extends Type.TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export function oneOf<const T extends string>(values: readonly T[]) {
  return Type.Unsafe<T>({ type: 'string', enum: [...values] });
}

/** Name → something, with names that nobody can list. */
export const facts = Type.Object({}, { additionalProperties: true });

/** A page of a list; `next` is the cursor of the next one. */
export function pageOf<T extends Type.TSchema>(item: T) {
  return Type.Object({
    schemaVersion: version,
    items: Type.Array(item),
    next: Type.Union([Type.String(), Type.Null()], {
      description: 'Cursor of the next page; null at the end.',
    }),
  });
}

export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: '`next` of the page before.' })),
};

/** The whole number in a cursor of a list that is ordered by ids. */
export const idCursor = Type.Optional(
  Type.String({ pattern: '^[0-9]{1,15}$', description: '`next` of the page before.' }),
);

export const idParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 53 - 1 }) });
export const nameParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) });
export const since = Type.Optional(
  Type.String({ maxLength: 40, description: 'A date, a time, or a length back from now such as 3d.' }),
);
