import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import { v5 } from './pinterest-api.ts';
import { calls } from './pinterest-rules.ts';

const BOARDS_A_PAGE = 250;
const MOST_PAGES = 20;

export interface Board {
  id: string;
  name: string;
  /** `PUBLIC`, `PROTECTED`, `SECRET`. */
  privacy: string;
}

/** https://developers.pinterest.com/docs/api/v5/boards-list */
export async function listBoards(
  http: Http,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Board[]> {
  const boards: Board[] = [];
  let bookmark: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const response = await http.send({
      url: v5('boards', options),
      query: { page_size: BOARDS_A_PAGE, bookmark },
      call: calls.boards,
    });
    const answer = response.json<{ items?: Partial<Board>[]; bookmark?: string | null }>();
    if (!Array.isArray(answer.items))
      throw new Failure('E_BAD_ANSWER', { message: 'Pinterest answered with no list of boards.' });
    for (const { id, name, privacy = 'PUBLIC' } of answer.items)
      if (id !== undefined) boards.push({ id: String(id), name: name ?? '', privacy });
    bookmark = answer.bookmark ?? undefined;
    if (bookmark === undefined || bookmark === '') break;
  }
  return boards;
}

/** The board that the rule names by its name or id; without a word from it, the only one there is. */
export async function findBoard(http: Http, options: Readonly<Record<string, unknown>>): Promise<Board> {
  const boards = await listBoards(http, options);
  const wanted = options['board'] === undefined ? '' : String(options['board']).trim();
  const plain = (text: string) => text.normalize('NFC').toLocaleLowerCase('en');
  const fitting =
    wanted === ''
      ? boards
      : boards.filter(({ id, name }) => id === wanted || plain(name.trim()) === plain(wanted));
  const [board] = fitting;
  if (board && fitting.length === 1) return board;
  const names = boards.map(({ name }) => `“${name}”`).slice(0, 20);
  const known = names.length === 0 ? 'There is no board yet.' : `There are: ${names.join(', ')}.`;
  throw new Failure('E_RULE', {
    certain: true,
    message:
      wanted === ''
        ? `The rule does not say which board the Pin goes to. ${known}`
        : `There is no board “${wanted}”, or more than one. ${known}`,
    hint: 'Name a board, by its name or id, with --option pinterest.board=NAME, then retry.',
    command: 'repost jobs retry ID',
  });
}
