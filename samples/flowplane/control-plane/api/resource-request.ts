import type { Context } from 'koa';
import { isName, nameRule } from '../resources/name.js';
import type { Resource, ResourceType } from '../resources/resource.js';
import { encodeResource } from '../xds/envoy-resource.js';
import { ProtoJsonError } from '../xds/proto-json-error.js';

/** Reads the team from the path. Throws 400 for an invalid name. */
export function readTeam(context: Context): string {
  const { team = '' } = context['params'] as Record<string, string>;
  if (!isName(team)) context.throw(400, `"team" must be ${nameRule}`);
  return team;
}

/** Reads the resource from the body, and its name from the path if it has one. Throws 400 for what Envoy would refuse. */
export function readResource(context: Context, type: ResourceType, nameInPath?: string): Resource {
  const { body } = context.request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    context.throw(400, 'the body must be an object');
  }
  const { name = nameInPath, ...spec } = body as Record<string, unknown>;
  if (!isName(name)) context.throw(400, `"name" must be ${nameRule}`);
  if (nameInPath !== undefined && name !== nameInPath)
    context.throw(400, `"name" must be "${nameInPath}", as in the path`);
  if (isDeeperThan(spec, 100)) context.throw(400, 'the body is nested more than 100 levels deep');
  // Why: PostgreSQL cannot store such text and would answer with its own error.
  if (/(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f])/.test(JSON.stringify(spec))) {
    context.throw(400, 'a string must not contain U+0000 or half of a surrogate pair');
  }
  try {
    encodeResource(type, { name, spec });
  } catch (error) {
    if (error instanceof ProtoJsonError) context.throw(400, `invalid ${type}: ${error.message}`);
    throw error;
  }
  return { name, spec };
}

/** Stops at that level, so that a deeply nested body cannot exhaust the stack. */
const isDeeperThan = (json: unknown, levels: number): boolean =>
  typeof json === 'object' &&
  json !== null &&
  (levels === 0 || Object.values(json).some((inner) => isDeeperThan(inner, levels - 1)));
