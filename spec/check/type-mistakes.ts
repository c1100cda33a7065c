/** Expressions that the grammar reads and Prometheus refuses, with what the check says of each. */
export const refused: readonly (readonly [text: string, message: string])[] = [
  [
    'rate(logins_total) > 3',
    'rate() needs a range of samples, and gets single ones. Write a range behind it, such as [5m]',
  ],
  ['increase(sum(logins_total)) > 3', 'increase() needs a range of samples, and gets single ones. Use a subquery'],
  ['rate(logins_total[5m])[5m] > 3', 'a range stands behind a selector only'],
  ['max_over_time(queue_depth[5m][1h:]) > 3', 'a range of samples stands where one sample must stand'],
  ['sum(queue_depth[5m]) > 3', 'a range of samples stands where one sample must stand'],
  ['-queue_depth[5m] > 3', 'a range of samples stands where one sample must stand'],
  ['queue_depth[5m] > 3', 'a range of samples stands where one sample must stand'],
  ['abs(queue_depth[5m]) > 3', 'a range of samples stands where one sample must stand'],
  ['rate(logins_total[5m]) offset 1h > 3', 'offset and @ move selectors and ranges only'],
  ['sum(queue_depth) offset 1h > 3', 'offset and @ move selectors and ranges only'],
  ['sum(queue_depth) @ 1609746000 > 3', 'offset and @ move selectors and ranges only'],
  ['sum(queue_depth) or 0', '"or" needs series on both sides, and gets a number. Write it as vector(…)'],
  ['queue_depth == on (queue) 3', 'on (…) and ignoring (…) need series on both sides'],
  ['scalar(sum(queue_depth)) > 3', 'two numbers are compared by ">" only as "> bool"'],
  ['topk(queue_depth) > 3', 'topk() takes two arguments (given 1)'],
  ['sum(3, queue_depth) > 3', 'sum() takes one argument (given 2)'],
];

/** Expressions that look alike, and that Prometheus takes. */
export const accepted: readonly string[] = [
  'rate(logins_total[5m] offset 1h) > 3',
  'rate(logins_total[5m]) > 3 and on () hour() > 6',
  'max_over_time(rate(logins_total[5m])[1h:] offset 5m) > 3',
  'max_over_time(queue_depth[5m] @ end()) > 3',
  'increase(logins_total[5m:1m]) > 3',
  'sum(queue_depth) or vector(0)',
  'scalar(sum(queue_depth)) > bool 3',
  'time() - queue_depth > 3',
  '1 + 2 > bool 3',
  'topk(3, queue_depth) by (queue) > 3',
  'count_values("depth", queue_depth) > 3',
  'quantile(0.9, queue_depth) > 3',
  'quantile_over_time(0.9, queue_depth[1h]) > 3',
  'predict_linear(queue_depth[1h], 3600) < 3',
  'queue_depth > scalar(max(queue_depth))',
  '-queue_depth < -3',
  '-queue_depth offset 1h < -3',
  '-rate(logins_total[5m] offset 1h) * -queue_depth @ end() < -3',
];
