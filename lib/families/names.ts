// Source: Prometheus data model, "Metric names and labels"; OpenMetrics 1.0.0, "Overall Structure" (ABNF).

/** Whether Prometheus and OpenMetrics take this as a metric name without escaping. */
export const isMetricName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);

/** Whether Prometheus takes this as a label name; names that begin with two underscores are its own. */
export const isLabelName = (name: unknown): name is string =>
  typeof name === 'string' && /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
