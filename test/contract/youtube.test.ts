import { youtube } from '../../src/platforms/youtube.ts';
import { platformContract } from './platform.ts';

platformContract(youtube, {
  // A session that repeats its final answer would forgive a second sending: here it is gone with its last byte.
  prepare: ({ sandbox }) => sandbox.control('youtube', 'quirks', { forgetsFinished: true }),
  // A bare 401 of Google's token endpoint says nothing about the grant: only these words end a sign-in.
  refusedToken: { kind: 'status', status: 401, body: { error: 'invalid_grant' } },
});
