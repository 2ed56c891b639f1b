import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Vault } from '../../src/core/vault.ts';

/** What every place for secrets must do. `open` gives a working one; `runs` bounds the slow ones' random part. */
export function vaultContract(
  name: string,
  open: () => Promise<{ vault: Vault; close?: () => Promise<void> }>,
  { runs = 30 }: { runs?: number } = {},
): void {
  describe(`${name} keeps the vault contract`, () => {
    let vault: Vault;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      ({ vault, close } = await open());
    });
    afterAll(() => close?.());

    it('passes its own probe, again and again', async () => {
      await vault.probe();
      await vault.probe();
    });

    it('says absent for what was never written', async () => {
      expect(await vault.read('grant/x/nobody')).toEqual({ state: 'absent' });
    });

    it('gives back what was written last', async () => {
      await vault.write('grant/x/1', 'first');
      await vault.write('grant/x/1', 'second');
      expect(await vault.read('grant/x/1')).toEqual({ state: 'found', value: 'second' });
    });

    it('keeps entries apart, also where one name starts like another', async () => {
      await vault.write('app/mastodon', 'a');
      await vault.write('app/mastodon/example.social', 'b');
      await vault.remove('app/mastodon');
      expect(await vault.read('app/mastodon')).toEqual({ state: 'absent' });
      expect(await vault.read('app/mastodon/example.social')).toEqual({ state: 'found', value: 'b' });
    });

    it('forgets what is removed, and does not mind removing it twice', async () => {
      await vault.write('grant/x/2', 'gone soon');
      await vault.remove('grant/x/2');
      await vault.remove('grant/x/2');
      expect(await vault.read('grant/x/2')).toEqual({ state: 'absent' });
    });

    it.each([
      ['empty', ''],
      ['a line’s end', 'line\r\n\n'],
      ['quotes and a backslash', '"\\"\'$(id)`id`'],
      ['letters of all planes', 'ä€𝔊👩‍👩‍👧\u2028'],
      ['a NUL in the middle', 'before\0after'],
      ['2,000 characters', 'x'.repeat(2_000)],
      ['2,000 letters outside ASCII', 'ü'.repeat(2_000)],
      ['40,000 characters', 'abcdefgh'.repeat(5_000)],
    ])('keeps a value with %s', async (_, value) => {
      await vault.write('grant/x/odd', value);
      expect(await vault.read('grant/x/odd')).toEqual({ state: 'found', value });
    });

    it('goes from long to short and back', async () => {
      for (const length of [9_000, 3, 5_000, 7_000, 1]) {
        await vault.write('grant/x/length', 'v'.repeat(length));
        const back = await vault.read('grant/x/length');
        expect(back.state === 'found' && back.value.length).toBe(length);
      }
      await vault.remove('grant/x/length');
      expect(await vault.read('grant/x/length')).toEqual({ state: 'absent' });
    });

    it('takes names that remote ids make', async () => {
      for (const id of [
        'did:plc:abc123',
        'UC_-x',
        '7575000000000000123',
        'user@example.social',
        '__proto__',
      ]) {
        await vault.write(`grant/bluesky/${id}`, id);
        expect(await vault.read(`grant/bluesky/${id}`)).toEqual({ state: 'found', value: id });
      }
      await vault.write('__proto__', 'plain');
      expect(await vault.read('__proto__')).toEqual({ state: 'found', value: 'plain' });
      expect(await vault.read('constructor')).toEqual({ state: 'absent' });
    });

    it('loses nothing among calls made at once', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `many/${index}`);
      await Promise.all(ids.map((id) => vault.write(id, `value of ${id}`)));
      const back = await Promise.all(ids.map((id) => vault.read(id)));
      expect(back).toEqual(ids.map((id) => ({ state: 'found', value: `value of ${id}` })));
    });

    it('keeps any text', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 3_000 }), async (value) => {
          await vault.write('any', value);
          expect(await vault.read('any')).toEqual({ state: 'found', value });
        }),
        { numRuns: runs },
      );
    });
  });
}
