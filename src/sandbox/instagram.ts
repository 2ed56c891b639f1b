import { metaOf } from './meta.ts';
import { metaControls } from './meta-controls.ts';
import type { SimulatorFactory } from './types.ts';

/** Simulated Instagram: Facebook Login with uploads, Instagram Login with hosted files. */
export const createInstagram: SimulatorFactory = (world) => {
  const meta = metaOf(world);
  meta.opened.add('instagram');
  return {
    platform: 'instagram',
    origins: [
      'https://www.facebook.com',
      'https://graph.facebook.com',
      'https://rupload.facebook.com',
      'https://graph.instagram.com',
      'https://api.instagram.com',
      'https://www.instagram.com',
    ],
    takes: (request) => !meta.opened.has('facebook') || meta.platformOf(request) === 'instagram',
    handle: (request) => meta.handle(request),
    posts: () => meta.posts('instagram'),
    controls: { ...metaControls(world, meta, 'instagram'), post: (input) => meta.postByHand(input) },
  };
};
