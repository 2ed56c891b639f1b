import * as Type from 'typebox';
import { Failure } from '../../core/failure.ts';
import { pageOfAll } from '../paging.ts';
import { addRoute, type Call, type Part } from '../route.ts';
import { plan, rule } from '../schemas/objects.ts';
import { facts, flag, nameParams, oneOf, pageOf, pageQuery, text } from '../schemas/parts.ts';
import { ruleView } from '../views.ts';

/** As it stands in a rule file; `GET /rules/schema` has every part of it. */
const entry = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    from: Type.String({ minLength: 1, maxLength: 1000 }),
    to: Type.Array(
      Type.Union([
        Type.String({ minLength: 1, maxLength: 300 }),
        Type.Object(
          { account: Type.String({ minLength: 1, maxLength: 300 }) },
          { additionalProperties: true },
        ),
      ]),
      { minItems: 1, maxItems: 200 },
    ),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    media: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), { maxItems: 20 })),
    caption: Type.Optional(Type.String({ maxLength: 10_000 })),
    title: Type.Optional(Type.String({ maxLength: 1_000 })),
    approve: Type.Optional(flag),
    paused: Type.Optional(flag),
    catchUp: Type.Optional(Type.String({ maxLength: 20 })),
    filter: Type.Optional(facts),
    timing: Type.Optional(facts),
  },
  { title: 'RuleEntry', additionalProperties: true },
);

const change = Type.Object({
  rule: text,
  change: oneOf(['create', 'update', 'remove', 'none']),
  diff: Type.Array(text),
});

const consent = Type.Optional(
  Type.Boolean({ description: 'You have the right to fetch these videos with yt-dlp.' }),
);

type AnyCall = Pick<Call<unknown, unknown, unknown>, 'caller' | 'perform' | 'store'>;

/** Rules: what is republished where. Given and taken as in rule files. */
export const rulesPart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/rules',
    id: 'listRules',
    summary: 'All rules',
    tag: 'rules',
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(rule),
    run: async ({ store, query }) => {
      const [rules, sources, accounts] = await Promise.all([
        store.rules.list(),
        store.sources.list(),
        store.accounts.list(),
      ]);
      return pageOfAll(
        rules,
        query,
        ({ id }) => id,
        (one) => ruleView(one, sources, accounts),
      );
    },
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/rules/schema',
    id: 'showRuleSchema',
    summary: 'The JSON Schema of a rule file',
    tag: 'rules',
    access: 'viewer',
    answer: facts,
    run: ({ perform }) => perform({ name: 'rule schema' }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/rules/export',
    id: 'exportRules',
    summary: 'All rules as a rule file',
    tag: 'rules',
    access: 'viewer',
    answer: Type.Object({ version: Type.Integer(), rules: Type.Array(facts) }),
    run: ({ perform }) => perform({ name: 'rule export', args: [[]] }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/rules/apply',
    id: 'applyRules',
    summary: 'Make the rules be what this says; with dryRun only show the difference',
    tag: 'rules',
    access: 'operator',
    body: Type.Object(
      {
        rules: Type.Array(entry, { maxItems: 500 }),
        dryRun: Type.Optional(flag),
        prune: Type.Optional(Type.Boolean({ description: 'Remove the rules that are not named.' })),
        acceptYtDlp: consent,
      },
      { additionalProperties: false },
    ),
    answer: Type.Array(change),
    run: async (call) => {
      const { rules, ...options } = call.body;
      return apply(call, rules, options);
    },
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/rules',
    id: 'addRule',
    summary: 'Add a rule',
    tag: 'rules',
    access: 'operator',
    body: Type.Object({ rule: entry, acceptYtDlp: consent }, { additionalProperties: false }),
    answer: rule,
    run: async (call) => {
      const { rule: wanted, ...options } = call.body;
      if ((await deps.store.rules.list()).some(({ name }) => name === wanted.name))
        throw new Failure('E_EXISTS', { message: `The name “${wanted.name}” is taken.` });
      await apply(call, [wanted], options);
      return show(call, wanted.name);
    },
  });

  addRoute(app, deps, {
    method: 'PUT',
    url: '/rules/:name',
    id: 'replaceRule',
    summary: 'Make a rule be what this says',
    tag: 'rules',
    access: 'operator',
    params: nameParams,
    body: Type.Object({ rule: entry, acceptYtDlp: consent }, { additionalProperties: false }),
    answer: rule,
    run: async (call) => {
      const { rule: wanted, ...options } = call.body;
      await show(call, call.params.name);
      if (wanted.name !== call.params.name)
        throw new Failure('E_USAGE', { message: 'The rule’s name in the body is another one.' });
      await apply(call, [wanted], options);
      return show(call, wanted.name);
    },
  });
  oneRule(app, deps);
};

const oneRule: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/rules/:name',
    id: 'showRule',
    summary: 'One rule, by its name or id',
    tag: 'rules',
    access: 'viewer',
    params: nameParams,
    answer: rule,
    run: (call) => show(call, call.params.name),
  });

  for (const verb of ['pause', 'resume'] as const)
    addRoute(app, deps, {
      method: 'POST',
      url: `/rules/:name/${verb}`,
      id: `${verb}Rule`,
      summary: verb === 'pause' ? 'Make no new posts by this rule; its jobs wait' : 'Go on with this rule',
      tag: 'rules',
      access: 'operator',
      params: nameParams,
      answer: rule,
      run: ({ perform, params }) => perform({ name: `rule ${verb}`, args: [params.name] }),
    });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/rules/:name',
    id: 'removeRule',
    summary: 'Remove a rule; its waiting jobs are cancelled, its posts stay',
    tag: 'rules',
    access: 'operator',
    params: nameParams,
    answer: rule,
    run: ({ perform, params }) => perform({ name: 'rule remove', args: [params.name] }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/rules/:name/test',
    id: 'testRule',
    summary: 'What the rule would have done with the last videos; nothing is sent',
    tag: 'rules',
    access: 'viewer',
    params: nameParams,
    query: Type.Object({ last: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 30 })) }),
    answer: plan,
    run: ({ perform, params, query }) =>
      perform({ name: 'rule test', args: [params.name], options: { last: String(query.last ?? 30) } }),
  });
};

function show({ perform }: AnyCall, name: string): Promise<unknown> {
  return perform({ name: 'rule show', args: [name] });
}

async function apply(
  call: AnyCall,
  rules: readonly { name: string; media?: string[] | undefined }[],
  options: { dryRun?: boolean | undefined; prune?: boolean | undefined; acceptYtDlp?: boolean | undefined },
): Promise<unknown> {
  if (call.caller.user !== null) await refusePaths(call, rules);
  return call.perform({
    name: 'rule apply',
    args: ['-'],
    options,
    input: JSON.stringify({ version: 1, rules }),
  });
}

/** Whoever is bound to a user must not reach files of this machine by naming their folder. */
async function refusePaths(
  { store }: AnyCall,
  rules: readonly { name: string; media?: string[] | undefined }[],
): Promise<void> {
  const known = await store.rules.list();
  for (const { name, media = [] } of rules) {
    const before = known.find((one) => one.name === name)?.media ?? [];
    const paths = before.flatMap((spec) => (spec.kind === 'yt-dlp' ? [] : [`${spec.kind}:${spec.path}`]));
    const strange = media.find((spec) => spec !== 'yt-dlp' && !paths.includes(spec));
    if (strange !== undefined)
      throw new Failure('E_API_ROLE', {
        message: 'Only the person at the machine names folders and files of it.',
        command: 'repost rule edit NAME',
      });
  }
}
