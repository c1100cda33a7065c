import { createHash } from 'node:crypto';
import { scopes, type TokenGrant } from './auth/token-authenticator.js';

/** Demo tokens by team. A real control plane reads hashes from `FLOWPLANE_TOKENS_FILE`. */
export const demoTokens = {
  payments: 'demo-payments',
  checkout: 'demo-checkout',
  platform: 'demo-platform',
} as const;

/** The reader of the README uses this team. The demo traffic does not. */
const readerTokens = { bakery: 'demo-bakery' } as const;

export const demoGrants: readonly TokenGrant[] = Object.entries({
  ...demoTokens,
  ...readerTokens,
}).map(([team, token]) => ({
  sha256: createHash('sha256').update(token).digest('hex'),
  team,
  scopes,
}));
