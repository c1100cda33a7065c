import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Problem } from '../error.js';
import {
  checkFields,
  checkNames,
  isFunction,
  isObject,
  isOptions,
  isText,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';

/** Longer than any export may take: a timer of Node waits no longer than 24 days. */
const maxSeconds = 1e6;

/** What a number of seconds must be. */
export const secondsRule = (remedy: string): Rule => ({
  must: 'be a number of seconds above 0',
  accepts: (value) => typeof value === 'number' && value > 0 && value < maxSeconds,
  remedy,
});

/** What the URL of a receiver must be. Why no credentials in it: it is printed. */
export const urlRule: Rule = {
  must: 'be an http:// or https:// URL without a user and a password',
  accepts: isReceiverUrl,
  remedy: 'Write for example http://host:4318, and credentials by themselves',
  isSecret: true,
};

/** Headers that say how a body is sent. Why not of the user: they would contradict the body. */
const ofTheBody: ReadonlySet<string> = new Set([
  ...['connection', 'content-encoding', 'content-length', 'content-type', 'expect', 'transfer-encoding', 'upgrade'],
]);

/** What headers must be. */
export const headersRule: Rule = {
  must: 'be an object of legal names and values of headers, without those of the body such as Content-Length',
  accepts: areHeaders,
  remedy: 'Write for example { Authorization: "Bearer …" }',
  isSecret: true,
};

/** What a certificate or a key must be. */
export const pemRule: Rule = {
  must: 'be a text in PEM',
  accepts: (value) => isText(value) && value.includes('-----BEGIN '),
  remedy: 'Read the file, and give what is in it',
  isSecret: true,
};
const tlsRules: Rules = { ca: pemRule, cert: pemRule, key: pemRule };

/** What the options about connections must be. */
export const connectionRules: Rules = {
  headers: headersRule,
  tls: {
    must: 'be an object with ca, cert and key',
    accepts: isOptions,
    remedy: 'Leave it out where Node trusts the receiver',
  },
  agent: {
    must: 'be an Agent of node:http or node:https',
    accepts: (value) => isObject(value) && isFunction(value['addRequest']),
    remedy: 'Leave it out for a connection that is kept',
  },
};

/** Checks what is inside the option `tls`. */
export function checkTls(tls: unknown): Problem[] {
  if (!isOptions(tls)) return [];
  const { cert, key } = tls as Unchecked;
  const message = '"tls" must have both cert and key, or neither (given one of them). Add the other one.';
  const isHalf = (cert === undefined) !== (key === undefined);
  return [
    ...checkNames(tls, Object.keys(tlsRules), '"tls": '),
    ...checkFields(tls, tlsRules, 'tls.'),
    ...(isHalf ? [{ code: 'illegal_option', message } as const] : []),
  ];
}

function isReceiverUrl(value: unknown): boolean {
  try {
    const { protocol, username, password } = new URL(String(value));
    return /^https?:$/.test(protocol) && username === '' && password === '';
  } catch {
    return false;
  }
}

function areHeaders(value: unknown): boolean {
  if (!isOptions(value)) return false;
  try {
    for (const [name, text] of Object.entries(value)) {
      if (typeof text !== 'string' || ofTheBody.has(name.toLowerCase())) return false;
      validateHeaderName(name);
      validateHeaderValue(name, text);
    }
    return true;
  } catch {
    return false;
  }
}
