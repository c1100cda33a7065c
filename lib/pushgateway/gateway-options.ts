import { formatValue, type Problem } from '../error.js';
import { isLabelName } from '../families/naming.js';
import type { ClientOptions } from '../sending/http-client.js';
import { checkTls, connectionRules, secondsRule, urlRule } from '../sending/receiver-rules.js';
import { checkOptions, isObject, isOneOf, isOptions, isText, type Rules, type Unchecked } from '../validation.js';

/** Which group of a Pushgateway is meant, and how it is reached. */
export interface GatewayOptions extends ClientOptions {
  /** The URL of the Pushgateway, e.g. `http://pushgateway:9091`, with a path where it has a prefix. */
  readonly url: string;
  /** The job whose numbers these are: the label `job` of all of them. */
  readonly job: string;
  /** The other labels that name the group, e.g. `{ region: 'eu' }`. Default: none. */
  readonly grouping?: Readonly<Record<string, string>> | undefined;
  /** The user and the password, for a Pushgateway that asks for them. Default: none. */
  readonly basicAuth?: { readonly username: string; readonly password: string } | undefined;
  /** Headers of each request. They never appear in an error. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How many seconds all tries together may take. Default 10. */
  readonly timeoutSeconds?: number | undefined;
}

/** What is pushed to which group, and how. */
export interface PushOptions extends GatewayOptions {
  /** `PUT` replaces the whole group; `POST` only the families that are pushed, and keeps the others. Default `PUT`. */
  readonly method?: 'PUT' | 'POST' | undefined;
  /** `protobuf` keeps native histograms, which the text format does not have. Default `text`. */
  readonly format?: 'text' | 'protobuf' | undefined;
}

const isLogin = (value: unknown): boolean =>
  isObject(value) && isText(value['username']) && !value['username'].includes(':') && isText(value['password']);

const gatewayRules: Rules = {
  url: { ...urlRule, isRequired: true, code: 'missing_option' },
  job: { must: 'be a text that is not empty', accepts: isText, remedy: 'Name the job', isRequired: true },
  grouping: { must: 'be an object of labels', accepts: isOptions, remedy: 'Write for example { region: "eu" }' },
  basicAuth: {
    must: 'have a username without a colon and a password',
    accepts: isLogin,
    remedy: 'Write { username, password }',
    isSecret: true,
  },
  timeoutSeconds: secondsRule('Leave it out for 10'),
  ...connectionRules,
};

const pushRules: Rules = {
  ...gatewayRules,
  method: { must: 'be "PUT" or "POST"', accepts: isOneOf(['PUT', 'POST']), remedy: 'Leave it out for "PUT"' },
  format: {
    must: 'be "text" or "protobuf"',
    accepts: isOneOf(['text', 'protobuf']),
    remedy: 'Leave it out for "text"',
  },
};

/** Checks the options of `deleteFromGateway`. */
export const checkGatewayOptions = (options: unknown): Problem[] => checkBy(gatewayRules, options);

/** Checks the options of `pushToGateway`. */
export const checkPushOptions = (options: unknown): Problem[] => checkBy(pushRules, options);

function checkBy(rules: Rules, options: unknown): Problem[] {
  const { grouping, tls } = (isOptions(options) ? options : {}) as Unchecked;
  // Why so where there are none: the errors name what is needed.
  return [...checkOptions(options ?? {}, rules), ...checkGrouping(grouping), ...checkTls(tls)];
}

function checkGrouping(grouping: unknown): Problem[] {
  return Object.entries(isOptions(grouping) ? grouping : {}).flatMap(([name, value]) => {
    if (isLabelName(name) && name !== 'job' && typeof value === 'string') return [];
    const given = `given the value ${formatValue(value)}`;
    const message = `grouping label ${formatValue(name)} must have a legal name other than "job" and a string for its value (${given}). Correct or remove it.`;
    return [{ code: 'illegal_label', message }];
  });
}
