import * as Type from 'typebox';

export const roleSchema = Type.Union([
  Type.Literal('admin'),
  Type.Literal('operator'),
  Type.Literal('viewer'),
]);

export const callerSchema = Type.Object(
  {
    schemaVersion: Type.Integer(),
    kind: Type.Union([Type.Literal('token'), Type.Literal('session')]),
    user: Type.Union([Type.String(), Type.Null()], { description: 'Null: sees everybody’s things.' }),
    role: roleSchema,
    csrf: Type.Union([Type.String(), Type.Null()], {
      description: 'For a browser’s session: to be sent as X-CSRF-Token with every change.',
    }),
  },
  { title: 'Caller' },
);
