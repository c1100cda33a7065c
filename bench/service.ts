/** A service whose one method takes two label values. */
export interface Service {
  handle(team: string, type: string): unknown;
}

/** One way to do the same work, as so many different services. */
export interface Subject {
  readonly name: string;
  services(count: number): Service[];
}

/** A class of its own at each call: a service as an application has many of. */
export function bareService(): Service {
  class Handler implements Service {
    handle(team: string, type: string): number {
      return team.length + type.length;
    }
  }
  return new Handler();
}

/** The same, asynchronous. */
export function bareAsyncService(): Service {
  class Handler implements Service {
    async handle(team: string, type: string): Promise<number> {
      return team.length + type.length;
    }
  }
  return new Handler();
}

/** So many services, each made with its number. */
export const each = (count: number, make: (i: number) => Service): Service[] =>
  Array.from({ length: count }, (_, i) => make(i));
