import { threads } from '../../src/platforms/threads.ts';
import { platformContract } from './platform.ts';

const ended = {
  error: { message: 'Session has expired', type: 'OAuthException', code: 190, error_subcode: 463 },
};

platformContract(threads, { refusedToken: { kind: 'status', status: 400, body: ended }, pairStride: 5 });
