import { createHmac } from 'node:crypto';
import type { LabelTransform } from './label-guard.js';

/** The disguise of a hashed label: the first 16 hex digits of the value's HMAC-SHA-256 under this key. */
export function hashedWith(key: string): LabelTransform {
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
}
