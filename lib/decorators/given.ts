import { familyOfExternal, isExternalMetric } from '../families/external-metric.js';
import type { Family } from '../families/family.js';
import { isObject, type Unchecked } from '../validation.js';

/** What a decorator was given: the options of a family declared in place, or a shared family and the site's options. */
export type Given = readonly [options: unknown] | readonly [family: unknown, options: unknown];

/** Whether the first of these is a shared family rather than the options of one declared in place. */
export const isShared = (given: Given): given is readonly [Family, Unchecked] =>
  given.length === 2 && isObject(given[0]) && 'kind' in given[0];

/** The same, where somebody else's metric stands for a family, with that family. */
export const withFamily = (given: Given): Given =>
  given.length === 2 && isExternalMetric(given[0]) ? [familyOfExternal(given[0]), given[1]] : given;
