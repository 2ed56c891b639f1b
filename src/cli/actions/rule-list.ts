import type { Rule } from '../../core/rule.ts';
import type { Store } from '../../store/types.ts';
import { ruleView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { table, tableWidth } from '../table.ts';

export async function listRules({ app, print }: Turn): Promise<undefined> {
  const store = await app.store();
  const views = await Promise.all((await store.rules.list()).map((rule) => viewOf(store, rule)));
  print(views, () =>
    views.length === 0
      ? 'No rules yet.\nAdd one: repost rule add --from tiktok:@you --to youtube:@you'
      : table(
          ['RULE', 'FROM', 'TO', 'STATE'],
          views.map((view) => [
            view.name,
            view.from ?? '–',
            view.to.map(({ account }) => account ?? '–').join(', '),
            view.paused ? 'paused' : view.approve ? 'on, with approval' : 'on',
          ]),
          tableWidth(app.io),
          2,
        ),
  );
}

export async function viewOf(store: Store, rule: Rule) {
  return ruleView(rule, await store.sources.list(), await store.accounts.list());
}
