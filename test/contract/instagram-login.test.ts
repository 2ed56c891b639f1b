import { instagram } from '../../src/platforms/instagram.ts';
import { instagramLogin } from '../../src/platforms/instagram-login.ts';
import { platformContract } from './platform.ts';

const ended = {
  error: { message: 'Session has expired', type: 'OAuthException', code: 190, error_subcode: 463 },
};

/** The second way in: Instagram fetches the video from the media host. */
const hosted = { ...instagram, name: 'Instagram by Instagram Login', signIn: instagramLogin };

platformContract(hosted, { refusedToken: { kind: 'status', status: 400, body: ended }, pairStride: 5 });
