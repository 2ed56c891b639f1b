import { telegram } from '../../src/platforms/telegram.ts';
import { telegramAccount } from '../platforms/telegram-stage.ts';
import { platformContract } from './platform.ts';

platformContract(telegram, {
  account: telegramAccount,
  refusedToken: {
    kind: 'status',
    status: 401,
    body: { ok: false, error_code: 401, description: 'Unauthorized' },
  },
  mayAsk: true,
});
