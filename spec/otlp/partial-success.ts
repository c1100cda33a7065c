/** The answer of a receiver that has left out points. */
export function partialSuccess(rejected: number, message: string): Buffer {
  const text = Buffer.from(message);
  const inner = Buffer.concat([Buffer.from([0x08, rejected, 0x12, text.length]), text]);
  return Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
}

/** The answer of a receiver that says, without a word, that it has left out so many points: an `int64`. */
export function rejecting(points: bigint): Buffer {
  const digits: number[] = [0x08];
  let rest = BigInt.asUintN(64, points);
  for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
  digits.push(Number(rest));
  return Buffer.from([0x0a, digits.length, ...digits]);
}
