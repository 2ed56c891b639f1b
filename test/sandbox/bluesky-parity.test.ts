import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeReal, type RealPds, startPds } from '../platforms/real-pds.ts';
import { approach } from './bluesky-approach.ts';
import { converse } from './bluesky-conversation.ts';
import { type Asked, genuine, sendTo, simulated } from './bluesky-subjects.ts';

describe('the simulated Bluesky', () => {
  it('holds the conversation', async () => {
    const told = await converse(simulated());
    expect(told['create again']).toEqual({
      status: 500,
      error: 'InternalServerError',
      message: 'Internal Server Error',
    });
    expect(told['put where one is']).toEqual({
      status: 400,
      error: 'InvalidSwap',
      message: 'Record was at RECORD',
    });
    expect(told['read what is not there']).toMatchObject({ status: 400, error: 'RecordNotFound' });
    expect(told['no word of when']).toBeNull();
  });
});

describeReal('the simulated Bluesky beside a real server', () => {
  let real: RealPds;
  beforeAll(async () => {
    real = await startPds();
  });
  afterAll(() => real?.stop());

  it('says the same', async () => {
    expect(await converse(simulated())).toEqual(await converse(await genuine(real)));
  });

  it('lets sign-ins begin in the same way', async () => {
    const subject = { origin: real.pds, send: (asked: Asked) => sendTo(real, asked) };
    expect(await approach(simulated())).toEqual(await approach(subject));
  });
});
