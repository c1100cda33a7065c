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
const nodeRequest: Rule = { ...ofNode, accepts: (value) => isObject(value) && isObject(value['headers']) };
const nodeResponse: Rule = {
  ...ofNode,
  accepts: (value) => isObject(value) && isFunction(value['on']) && isFunction(value['setHeader']),
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
  // Why asked first: it runs for each request, and lists of problems are garbage.
  if (!nodeRequest.accepts(request)) refuseIfAny(site, checkValue('"request"', nodeRequest, request));
  if (!nodeResponse.accepts(response)) refuseIfAny(site, checkValue('"response"', nodeResponse, response));
}

/** @throws MetricsError where this is no request of Fetch, or nothing of its shape. */
export function refuseUnlessFetchRequest(site: string, request: unknown): void {
  refuseIfAny(site, checkValue('"request"', fetchRequest, request));
}
