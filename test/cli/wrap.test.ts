import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { sayFailure } from '../../src/cli/exit.ts';
import type { Io } from '../../src/cli/io.ts';
import { fold } from '../../src/cli/wrap.ts';
import { Failure } from '../../src/core/failure.ts';

it('breaks lines at spaces and goes on under where their words began', () => {
  expect(fold('PASS  the database is sound and large', 28)).toBe(
    'PASS  the database is sound\n      and large',
  );
  expect(fold('  2. Make an app password in it', 26)).toBe('  2. Make an app password\n     in it');
  expect(fold('      Sites change, install a newer one', 30)).toBe(
    '      Sites change, install a\n      newer one',
  );
  expect(fold('video    A caption and its address', 26)).toBe('video    A caption and its\n         address');
  expect(fold('one word-that-is-longer-than-a-whole-line', 20)).toBe(
    'one\nword-that-is-longer-than-a-whole-line',
  );
});

it('counts what is to be seen, not the colours of it', () => {
  const green = '\u001b[32mdone\u001b[0m  this machine runs no services';
  expect(fold(green, 30)).toBe('\u001b[32mdone\u001b[0m  this machine runs no\n      services');
  expect(fold('\u001b[2m15:28:20\u001b[0m job 1 of many: published', 30)).toBe(
    '\u001b[2m15:28:20\u001b[0m job 1 of many:\n         published',
  );
});

it('takes the indent off an address that fits only so', () => {
  expect(fold('post     https://example.com/1234567', 30)).toBe('post     https://example.com/1234567');
  expect(fold('post     seen at https://example.com/123456789', 30)).toBe(
    'post     seen at\nhttps://example.com/123456789',
  );
});

it('leaves whole what is there to be copied, what fits, and what no terminal shows', () => {
  const command = '    $ repost rule add --from tiktok:@creator --to youtube:@creator';
  expect(fold(`${command}\nexport REPOST_VAULT_PASSPHRASE_FILE="$HOME/.config/repost"`, 20)).toContain(
    command,
  );
  expect(fold('fits well', 9)).toBe('fits well');
  const long = 'word '.repeat(100).trim();
  expect(fold(long, Number.POSITIVE_INFINITY)).toBe(long);
});

it('an error on a narrow terminal is broken at its words, its code stays whole', () => {
  const said = (columns: number | undefined): string => {
    const stderr = new PassThrough();
    const io = {
      stderr: Object.assign(stderr, { isTTY: columns !== undefined, columns }),
      env: { NO_COLOR: '1' },
    };
    const message = 'There is no place for secrets: no keyring can be asked here.';
    sayFailure(
      io as unknown as Io,
      new Failure('E_VAULT_NONE', { message, hint: 'Choose one.\nexport A=b' }),
      false,
    );
    return String(stderr.read());
  };
  const code = '(E_VAULT_NONE, config, on this machine)';
  expect(said(50)).toBe(
    `error: There is no place for secrets: no keyring\ncan be asked here.\n  ${code}\n  Choose one.\n  export A=b\n`,
  );
  expect(said(undefined)).toContain(`can be asked here. ${code}\n`);
  // A terminal that does not know its size.
  expect(said(0)).toBe(said(80));
  for (const line of said(60).split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});
