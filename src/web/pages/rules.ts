import { Failure } from '../../core/failure.ts';
import { type Html, html, type Piece } from '../html.ts';
import { ruleView } from '../views.ts';
import { facts, section } from './lists.ts';
import { planList, type ShownPlan } from './plan-list.ts';
import { spanText } from './times.ts';
import { changeButton, type ShowPage, type View } from './view.ts';
import { chip, empty, platformTag } from './words.ts';

type ShownRule = ReturnType<typeof ruleView>;

async function readRules({ store }: View): Promise<ShownRule[]> {
  const [sources, accounts] = [await store.sources.list(), await store.accounts.list()];
  return (await store.rules.list()).map((rule) => ruleView(rule, sources, accounts));
}

/** What goes where. */
export const rules: ShowPage = async (view) => {
  const all = await readRules(view);
  if (all.length === 0)
    return {
      title: 'Rules',
      body: empty('No rule yet', html`A rule says what goes where: <code>repost rule add --help</code>`),
    };
  return {
    title: 'Rules',
    body: html`<ul class="rows">${all.map((rule) => ruleRow(view, rule))}</ul>`,
  };
};

function ruleRow(view: View, rule: ShownRule): Html {
  return html`<li class="row"><div class="text"><p class="title"><a class="open" href="${addressOf(rule)}">${rule.name}</a></p><p class="meta">${rule.from ?? 'no source'}<span class="arrow" aria-label="goes to">→</span>${destinations(rule)}</p></div><div class="end">${state(rule)}${pauseButton(view, rule)}</div></li>`;
}

const addressOf = ({ name }: ShownRule) => `/rules/${encodeURIComponent(name)}`;

function destinations({ to }: ShownRule): Html[] {
  return to.map(({ account }) => {
    const [platform = '', ...handle] = (account ?? 'removed').split(':');
    return platformTag(platform, handle.join(':'));
  });
}

function state({ paused, approve }: ShownRule): Html {
  if (paused) return chip('Paused', 'still');
  return approve ? chip('With approval', 'ask') : chip('On', 'good');
}

function pauseButton(view: View, rule: ShownRule): Html | null {
  const verb = rule.paused ? 'resume' : 'pause';
  return changeButton(view, `${addressOf(rule)}/${verb}`, rule.paused ? 'Resume' : 'Pause');
}

/** One rule and what would be posted by it next. */
export const rule: ShowPage = async (view) => {
  const found = (await readRules(view)).find(({ name }) => name === view.params['name']);
  if (!found) throw new Failure('E_NOT_FOUND', { message: 'There is no such rule.' });
  const options = { rule: found.name, last: '30' };
  const plan = (await view.perform({ name: 'plan', options })) as ShownPlan;
  const tried =
    view.query['last'] === undefined
      ? undefined
      : ((await view.perform({
          name: 'rule test',
          args: [found.name],
          options: { last: '30' },
        })) as ShownPlan);
  return {
    title: found.name,
    lead: html`<p class="lead">${state(found)} ${pauseButton(view, found)}</p>`,
    body: html`${facts(factsOf(found))}
${section('Plan', planList(view, plan))}
${section(
  'Had it been on',
  tried
    ? planList(view, tried)
    : html`<p><a href="?last=30">Try it on the last 30 videos</a>. Nothing is sent.</p>`,
)}`,
  };
};

function factsOf(rule: ShownRule): (readonly [string, Piece] | null)[] {
  const json = (value: unknown): Piece => html`<code>${JSON.stringify(value)}</code>`;
  return [
    ['From', rule.from],
    ['To', destinations(rule)],
    ['Files', rule.media.join(', ') || 'none named'],
    rule.caption === null ? null : ['Text', html`<code>${rule.caption}</code>`],
    rule.title === null ? null : ['Title', html`<code>${rule.title}</code>`],
    rule.delaySeconds === 0 ? null : ['Delay', spanText(rule.delaySeconds * 1000)],
    rule.filter ? ['Filter', json(rule.filter)] : null,
    rule.timing ? ['Timing', json(rule.timing)] : null,
    ['After a pause', rule.catchUp],
    ['Made to fit', `${rule.fit}; too long: ${rule.tooLong}`],
  ];
}
