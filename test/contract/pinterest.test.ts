import { pinterest } from '../../src/platforms/pinterest.ts';
import { platformContract } from './platform.ts';

platformContract(pinterest, {
  // An upload that can become one Pin only would hide a second sending.
  prepare: ({ sandbox }) => sandbox.control('pinterest', 'quirks', { mediaOnce: false }),
  pairStride: 2,
  refusedToken: { kind: 'status', status: 401, body: { code: 2, message: 'Authentication failed.' } },
});
