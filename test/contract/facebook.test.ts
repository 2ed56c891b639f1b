import { facebook } from '../../src/platforms/facebook.ts';
import { platformContract } from './platform.ts';

const ended = {
  error: { message: 'Session has expired', type: 'OAuthException', code: 190, error_subcode: 463 },
};

platformContract(facebook, { refusedToken: { kind: 'status', status: 400, body: ended } });
