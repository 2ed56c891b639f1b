import { Failure } from '../../core/failure.ts';
import type { Store } from '../../store/types.ts';
import type { Caller, Deed } from '../deps.ts';
import { type Html, html, type Piece } from '../html.ts';

/** What a page is made from. */
export interface View {
  /** Shows what the caller may see; the rest is not there. */
  store: Store;
  /** Does what a command does, within what the caller may see. */
  perform(deed: Deed): Promise<unknown>;
  caller: Caller;
  /** Parts of the address, by name. */
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** The address within this server, with its query. */
  path: string;
  now: number;
  /** The zone that times are shown in. */
  timeZone: string;
  /** True where the caller may change things: without it no page shows a button. */
  mayChange: boolean;
}

export interface Page {
  title: string;
  /** Beside the heading. */
  lead?: Piece;
  body: Piece;
}

/** One page: reads, and says it in HTML. */
export type ShowPage = (view: View) => Promise<Page>;

/** A form whose submit changes something; afterwards the browser is back at this page, or at `back`. */
export function changeForm(view: View, action: string, content: Piece, back = view.path): Html {
  return html`<form method="post" action="${action}"><input type="hidden" name="_csrf" value="${view.caller.csrf ?? ''}"><input type="hidden" name="back" value="${back}">${content}</form>`;
}

/** A button that does one thing; nothing for those who may not. */
export function changeButton(view: View, action: string, label: string, look = 'plain'): Html | null {
  if (!view.mayChange) return null;
  return changeForm(view, action, html`<button class="button ${look}">${label}</button>`);
}

/** The id in the address. Throws E_NOT_FOUND. */
export function idIn({ params }: View): number {
  const id = Number(params['id']);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new Failure('E_NOT_FOUND', { message: 'There is nothing at this address.' });
}

/** A whole number of the query, or undefined. */
export function numberIn({ query }: View, name: string): number | undefined {
  const value = Number(query[name] || Number.NaN);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
