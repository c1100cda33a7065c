import { parser } from '@prometheus-io/lezer-promql';

/** Whether the grammar of Prometheus accepts an expression. A variable of Grafana stands for five minutes. */
export function isParsed(expression: string): boolean {
  const cursor = parser.parse(expression.replaceAll('$__rate_interval', '5m')).cursor();
  do if (cursor.type.isError) return false;
  while (cursor.next());
  return true;
}
