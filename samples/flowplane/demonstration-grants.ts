import { createHash } from 'node:crypto';
import { scopes, type TokenGrant } from './auth/token-authenticator.js';

/** Tokens to play with, by team. A real control plane reads hashes: `FLOWPLANE_TOKENS_FILE`. */
export const demonstrationTokens = {
  payments: 'demo-payments',
  checkout: 'demo-checkout',
  platform: 'demo-platform',
} as const;

/** A team that no demonstration touches: whoever follows the guide has it alone. */
const ownTokens = { bakery: 'demo-bakery' } as const;

export const demonstrationGrants: readonly TokenGrant[] = Object.entries({
  ...demonstrationTokens,
  ...ownTokens,
}).map(([team, token]) => ({
  sha256: createHash('sha256').update(token).digest('hex'),
  team,
  scopes,
}));
