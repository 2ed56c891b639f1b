import { metaOf } from './meta.ts';
import { metaControls } from './meta-controls.ts';
import type { SimulatorFactory } from './types.ts';

/** Simulated Facebook: Pages and their reels. Shares its hosts with Instagram. */
export const createFacebook: SimulatorFactory = (world) => {
  const meta = metaOf(world);
  meta.opened.add('facebook');
  return {
    platform: 'facebook',
    origins: ['https://www.facebook.com', 'https://graph.facebook.com', 'https://rupload.facebook.com'],
    takes: (request) => !meta.opened.has('instagram') || meta.platformOf(request) === 'facebook',
    handle: (request) => meta.handle(request),
    posts: () => meta.posts('facebook'),
    controls: metaControls(world, meta, 'facebook'),
  };
};
