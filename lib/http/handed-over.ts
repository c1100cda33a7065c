import { refuseIfAny } from '../error.js';
import { checkValue, isFunction, isObject, isText, type Rule } from '../validation.js';

/*
 * What a framework hands over. Why it is checked, although it is typed: in JavaScript, a function for one framework is
 * easily mounted in another, and only a request shows that.
 */

const ofNode = {
  must: 'be that of node:http',
  remedy: 'Use what flowplane-metrics has for your framework, or hand over the request and the response of node:http',
  isRequired: true,
} as const;
/** What a framework on Node hands over for each request. */
interface HandedOver {
  readonly name: string;
  readonly rule: Rule;
  /** What the prototypes of Node's own have. */
  readonly inherited: readonly string[];
  /** The prototypes whose objects were found to be right, so that their inherited members need no second look. */
  readonly accepted: WeakSet<object>;
}

const nodeRequest: HandedOver = {
  name: '"request"',
  rule: { ...ofNode, accepts: (value) => isObject(value) && isObject(value['headers']) },
  inherited: ['headers', 'pipe'],
  accepted: new WeakSet(),
};
const nodeResponse: HandedOver = {
  name: '"response"',
  rule: { ...ofNode, accepts: (value) => isObject(value) && isFunction(value['on']) && isFunction(value['setHeader']) },
  inherited: ['on', 'setHeader'],
  accepted: new WeakSet(),
};

const fetchRequest: Rule = {
  must: 'be a Request of Fetch',
  accepts: (value) => isObject(value) && isText(value['url']) && isEntries(value['headers']),
  remedy: 'In Hono, hand over context.req.raw; on node:http and in Express, use metricsHandler',
  isRequired: true,
};

const isEntries = (value: unknown): boolean => isObject(value) && Symbol.iterator in value;

/** @throws MetricsError where these are no request and response of `node:http`, or nothing of their shape. */
export function refuseUnlessOfNode(site: string, request: unknown, response: unknown): void {
  refuseUnless(site, nodeRequest, request);
  refuseUnless(site, nodeResponse, response);
}

// Why the prototype is asked: it runs for each request, and what Express hands over has a hidden class of its own each time, so
// that every property that is read costs a look-up.
function refuseUnless(site: string, { name, rule, inherited, accepted }: HandedOver, value: unknown): void {
  const prototype: object | null = isObject(value) ? Object.getPrototypeOf(value) : null;
  if (prototype !== null && accepted.has(prototype)) return;
  refuseIfAny(site, checkValue(name, rule, value));
  if (prototype !== null && inherited.every((property) => property in prototype)) accepted.add(prototype);
}

/** @throws MetricsError where this is no request of Fetch, or nothing of its shape. */
export function refuseUnlessFetchRequest(site: string, request: unknown): void {
  refuseIfAny(site, checkValue('"request"', fetchRequest, request));
}
