import * as Type from 'typebox';

export const problemSchema = Type.Object(
  {
    type: Type.String({ description: 'Where this code is explained.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What happened.' }),
    code: Type.String({ pattern: '^E_[A-Z_]+$' }),
    class: Type.String(),
    side: Type.String(),
    hint: Type.String({ description: 'What to do.' }),
    command: Type.Union([Type.String(), Type.Null()], { description: 'The command that does it.' }),
  },
  { title: 'Problem' },
);
