/** Durations in seconds as services have them: most around 50 ms, few of some seconds. */
const durations = Float64Array.from({ length: 4096 }, () => {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Math.exp(normal * 0.8 - 3);
});

let next = 0;

/** The next of them, the same for each client. */
export const nextDuration = (): number => durations[next++ & (durations.length - 1)] as number;
