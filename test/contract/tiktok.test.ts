import { tiktok } from '../../src/platforms/tiktok-post.ts';
import { postingSignIn } from '../../src/platforms/tiktok-sign-in.ts';
import { signInTo } from './home.ts';
import { platformContract, weaknesses } from './platform.ts';

// Understood by whoever asks: the API says it with `code`, the token endpoint with its own word.
const ended = {
  data: {},
  error: { code: 'access_token_invalid', type: 'invalid_grant', message: 'It has ended.' },
};

platformContract(tiktok, {
  account: (world) => signInTo(world, { ...tiktok, signIn: postingSignIn }),
  refusedToken: { kind: 'status', status: 401, body: ended },
  pairStride: 4,
  // The end of an upload can be sent however often: an upload makes one post.
  harmless: Object.keys(weaknesses) as (keyof typeof weaknesses)[],
});
