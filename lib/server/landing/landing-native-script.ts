/**
 * The part of the landing page's script that reads native histograms, which only Protocol Buffers have. `nativesOf` gives the
 * native histograms of an answer by family and title; `nativeQuantile` estimates a quantile of what was observed between two.
 */
export const landingNativeScript = `
// The fields of a message: [number, value], where the value of one with a length is its bytes.
function* fieldsOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint(), type = key % 8;
    let value;
    if (type === 0) value = varint();
    else if (type === 1) { value = view.getFloat64(at, true); at += 8; }
    else { const length = varint(); value = bytes.subarray(at, at + length); at += length; }
    yield [Math.floor(key / 8), value];
  }
}

// The numbers of a packed field, and the messages of an answer, each after its length.
function* packed(bytes) {
  for (let at = 0; at < bytes.length; ) {
    let value = 0;
    for (let scale = 1, byte = 128; byte >= 128; scale *= 128) value += ((byte = bytes[at++]) & 127) * scale;
    yield value;
  }
}
function* messagesOf(bytes) {
  for (let at = 0; at < bytes.length; ) {
    let length = 0;
    for (let scale = 1, byte = 128; byte >= 128; scale *= 128) length += ((byte = bytes[at++]) & 127) * scale;
    yield bytes.subarray(at, (at += length));
  }
}
const signed = (n) => (n % 2 === 0 ? n / 2 : -(n + 1) / 2);
const utf8 = new TextDecoder();

function nativesOf(bytes) {
  const families = new Map();
  for (const message of messagesOf(bytes)) {
    let series;
    for (const [field, value] of fieldsOf(message)) {
      if (field === 1) {
        const name = utf8.decode(value);
        if (!families.has(name)) families.set(name, new Map());
        series = families.get(name);
      } else if (field === 4) addNative(series, value);
    }
  }
  return families;
}

function addNative(series, metric) {
  const labels = new Map();
  let native;
  for (const [field, value] of fieldsOf(metric)) {
    if (field === 1) {
      const [name, text] = [...fieldsOf(value)].map(([, bytes]) => utf8.decode(bytes));
      labels.set(name, text);
    } else if (field === 7) native = readNative(value);
  }
  if (native) series.set(titleOf(labels), native);
}

// The buckets of a histogram in ascending order, by names that stay: [lower bound, upper bound, count].
function readNative(histogram) {
  let schema, threshold = 0, zeros = 0, count = 0;
  const signs = { 9: [], 12: [] }, deltas = { 9: [], 12: [] };
  for (const [field, value] of fieldsOf(histogram)) {
    if (field === 1) count = value;
    else if (field === 5) schema = signed(value);
    else if (field === 6) threshold = value;
    else if (field === 7) zeros = value;
    else if (signs[field]) {
      const span = { offset: 0, length: 0 };
      for (const [number, n] of fieldsOf(value)) span[number === 1 ? 'offset' : 'length'] = number === 1 ? signed(n) : n;
      signs[field].push(span);
    } else if (deltas[field - 1]) deltas[field - 1] = [...packed(value)].map(signed);
  }
  if (schema === undefined) return undefined;
  const bound = (index) => 2 ** (index * 2 ** -schema);
  const bucketsOf = (sign) => {
    const found = [];
    let index = 0, next = 0, counted = 0;
    for (const { offset, length } of signs[sign]) {
      index += offset;
      for (let i = 0; i < length; i++, index++) found.push([index, (counted += deltas[sign][next++])]);
    }
    return found;
  };
  const buckets = new Map();
  for (const [i, n] of bucketsOf(9).reverse()) buckets.set('-' + i, [-bound(i), -bound(i - 1), n]);
  buckets.set('0', [-threshold, threshold, zeros]);
  for (const [i, n] of bucketsOf(12)) buckets.set('+' + i, [bound(i - 1), bound(i), n]);
  return { schema, count, buckets };
}

// As Prometheus' histogram_quantile() does: on a logarithmic scale within a bucket.
function nativeQuantile(q, now, before) {
  const isOne = before && before.schema === now.schema && before.count <= now.count;
  const grown = [...now.buckets].map(([name, [lower, upper, n]]) => [
    lower, upper, n - (isOne && before.buckets.has(name) ? before.buckets.get(name)[2] : 0),
  ]);
  const rank = q * grown.reduce((sum, [, , n]) => sum + n, 0);
  if (!(rank > 0)) return null;
  let below = 0;
  for (const [lower, upper, n] of grown) {
    if (n > 0 && below + n >= rank) {
      const part = (rank - below) / n;
      return lower * upper > 0 ? lower * (upper / lower) ** part : lower + (upper - lower) * part;
    }
    below += n;
  }
  return null;
}
`;
