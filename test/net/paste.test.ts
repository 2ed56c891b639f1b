import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { parsePasted } from '../../src/net/paste.ts';

async function* lines(...all: string[]) {
  yield* all;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof Failure ? error.code : String(error)),
  );
const taken = new Failure('E_PORT_TAKEN');

describe('pasted addresses', () => {
  it('answers with the first that fits', async () => {
    const query = await parsePasted(lines('', 'hello', 'http://localhost/callback?state=s&code=c#_'), 's');
    expect(query.get('code')).toBe('c');
  });

  it('does not wait for more when the last line was wrong', async () => {
    expect(await codeOf(parsePasted(lines('http://localhost/?state=other&code=c'), 's'))).toBe(
      'E_STATE_MISMATCH',
    );
    expect(await codeOf(parsePasted(lines('nonsense'), 's'))).toBe('E_LOGIN_CODE');
  });

  it('says why nobody else can answer when nothing was pasted and nobody listens', async () => {
    expect(await codeOf(parsePasted(lines(), 's', taken))).toBe('E_PORT_TAKEN');
  });

  it('leaves it to the listener when nothing was pasted', async () => {
    const waiting = parsePasted(lines(), 's').then(() => 'answered');
    expect(
      await Promise.race([waiting, new Promise((resolve) => setImmediate(() => resolve('waiting')))]),
    ).toBe('waiting');
  });
});
