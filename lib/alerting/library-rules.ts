import type { RuleGroup } from './rule-group.js';

/**
 * Alerts on the library itself, for every service that uses it. A metric that a service does not have gives no alert.
 *
 * Each names what to do.
 */
export const libraryRules: RuleGroup = {
  name: 'flowplane-metrics',
  rules: [
    {
      alert: 'MetricsExporterDown',
      // Why by the last day: other targets are somebody else's, and this one exposes nothing while it is down.
      expr: 'up == 0\nand on (job, instance) last_over_time(flowplane_metrics_losses_total{reason="overflow"}[1d])',
      for: '2m',
      labels: { severity: 'page' },
      annotations: {
        summary: '{{ $labels.instance }} cannot be scraped',
        action: 'Ask it: npx flowplane-metrics doctor --metrics http://{{ $labels.instance }}/metrics',
      },
    },
    {
      alert: 'MetricsObservationsLost',
      // Why the first line: increase() does not see what was lost before the first scrape.
      expr: `sum by (job, instance, reason) (
  (flowplane_metrics_losses_total and on (job, instance) process_start_time_seconds > time() - 600) > 0
  or increase(flowplane_metrics_losses_total[10m])
) > 0`,
      labels: { severity: 'ticket' },
      annotations: {
        summary: '{{ $labels.instance }} loses observations ({{ $labels.reason }})',
        action: 'Query flowplane_metrics_dropped_total for the metrics; the warning of the process names the method',
      },
    },
    {
      alert: 'MetricsCardinalityNearItsLimit',
      expr: 'flowplane_metrics_series / flowplane_metrics_series_limit >= 0.8',
      for: '10m',
      labels: { severity: 'ticket' },
      annotations: {
        summary:
          '{{ with $labels.metric }}{{ . }}{{ else }}The recorder{{ end }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} of its series',
        action:
          'Find the label that grows: npx flowplane-metrics doctor --metrics http://{{ $labels.instance }}/metrics',
      },
    },
    {
      alert: 'MetricsReloadFailed',
      expr: 'flowplane_metrics_web_config_last_reload_successful == 0',
      for: '5m',
      labels: { severity: 'ticket' },
      annotations: {
        summary: '{{ $labels.instance }} keeps old certificates, passwords or tokens: the new ones are wrong',
        action: 'Read the warning of the process, which names the file and the line',
      },
    },
    {
      alert: 'MetricsCollectorFails',
      expr: 'flowplane_metrics_collector_up == 0',
      for: '5m',
      labels: { severity: 'ticket' },
      annotations: {
        summary: '{{ $labels.metric }} of {{ $labels.instance }} is missing: its collector fails or takes too long',
        action: 'Read the warning of the process, which has the error',
      },
    },
    {
      alert: 'MetricsPushFails',
      // Why not each failure: what one export did not deliver is in the next one.
      expr: `sum by (job, instance) (increase(flowplane_metrics_otlp_exports_total{result!="success"}[15m])) > 0
unless
sum by (job, instance) (increase(flowplane_metrics_otlp_exports_total{result="success"}[15m])) > 0`,
      for: '5m',
      labels: { severity: 'ticket' },
      annotations: {
        summary: '{{ $labels.instance }} delivers nothing, or not everything, over OTLP',
        action: 'Read the warning of the process, which has the answer of the receiver',
      },
    },
    {
      alert: 'MetricsPushRefused',
      // Why no `for`: a job pushes once, and its next try may be tomorrow.
      expr: 'push_failure_time_seconds > push_time_seconds',
      labels: { severity: 'ticket' },
      annotations: {
        summary: 'The Pushgateway has refused the last push of {{ $labels.job }}, and keeps older numbers',
        action: 'Read the error of pushToGateway() in the log of the job, which has the reason',
      },
    },
    {
      alert: 'MetricsSourceSilent',
      expr: 'flowplane_metrics_source_age_seconds > 60',
      for: '1m',
      labels: { severity: 'ticket' },
      annotations: {
        summary:
          'Source {{ $labels.source }} of {{ $labels.instance }} runs, and has published nothing for {{ $value | humanizeDuration }}',
        action: 'Look at that process or thread: its event loop is blocked, or it is stopped',
      },
    },
    {
      alert: 'MetricsSourceNotMerged',
      // Why the first line: increase() does not see what was refused before the first scrape.
      expr: `sum by (job, instance, reason) (
  (flowplane_metrics_source_failures_total and on (job, instance) process_start_time_seconds > time() - 600) > 0
  or increase(flowplane_metrics_source_failures_total[10m])
) > 0`,
      labels: { severity: 'ticket' },
      annotations: {
        summary: '{{ $labels.instance }} leaves out what a process or thread has published ({{ $labels.reason }})',
        action: 'Read the warning of the process, which names the source and what to change',
      },
    },
  ],
};
