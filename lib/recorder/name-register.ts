import { MetricsError } from '../error.js';
import { listEscapedNames } from '../families/escaping.js';
import type { Family } from '../families/family.js';
import { kinds, listSampleNames, type MetricKind } from '../families/kinds.js';

interface Taken {
  readonly family: Family;
  readonly site: string;
}

/** The names that the families and samples of a recorder have in any format. Each is taken by one family. */
export class NameRegister {
  readonly #taken = new Map<string, Taken>();
  /** The names with this beginning are taken when somebody asks for one of them. */
  #reserved: { readonly beginning: string; readonly take: () => void } | undefined;

  /** Takes names with this beginning before anybody else does. Why later: few families have it, and the names are many. */
  reserve(beginning: string, take: () => void): void {
    this.#reserved = { beginning, take };
  }

  /**
   * Takes the names of a family.
   *
   * @throws MetricsError `family_clash`, naming both sites, where another family has one of them. Then none is taken.
   */
  take(family: Family, name: string, site: string): void {
    const names = listExposedNames(family, name);
    if (names.some((one) => this.#find(one) !== undefined)) throw this.createClash(family, name, site);
    const taken = { family, site };
    for (const one of names) this.#taken.set(one, taken);
  }

  /** The families that have taken the names that an external metric of this type would have. */
  findTakers(type: string, name: string): Family[] {
    const suffixes = kinds[type as MetricKind]?.sampleSuffixes ?? ['', '_sum', '_count'];
    const names = [...suffixes.map((suffix) => name + suffix), name.replace(/_total$/, '')];
    return names.flatMap((one) => this.#find(one)?.family ?? []);
  }

  #find(name: string): Taken | undefined {
    const reserved = this.#reserved;
    if (reserved !== undefined && name.startsWith(reserved.beginning)) {
      this.#reserved = undefined;
      reserved.take();
    }
    return this.#taken.get(name);
  }

  /** Creates the error that says which declaration has taken the name. */
  createClash(family: Family, name: string, site: string): MetricsError {
    const first = listExposedNames(family, name)
      .map((one) => this.#find(one))
      .find((taken) => taken !== undefined);
    const [there, here] = describeDifference(first?.family ?? family, family);
    const message =
      `family "${name}" already exists in this recorder ${there} (given ${here}); ` +
      `first declared by ${withoutDecorator(first?.site ?? '')}. Use the same definition or another name.`;
    return new MetricsError(site, [{ code: 'family_clash', message }]);
  }
}

// Why escaped: for a consumer that reads no UTF-8 names, two names may become one.
function listExposedNames(family: Family, name: string): string[] {
  const names: string[] = [];
  for (const one of listEscapedNames(name)) names.push(...listSampleNames(family.kind, one));
  return names;
}

/** Describes what two families differ in. */
function describeDifference(first: Family, second: Family): [string, string] {
  const describe = ({ name, kind, labels }: Family) =>
    `as a ${kind}${name === second.name ? '' : ` "${name}"`} with labels [${Object.keys(labels).join(', ')}]`;
  const [there, here] = [describe(first), describe(second)];
  return there === here ? [there, 'other policies, unit, buckets or limits'] : [there, here.replace(/^as /, '')];
}

const withoutDecorator = (site: string): string => site.replace(/^@\w+ on /, '');
