import { absent, increaseFromZero, raw } from 'flowplane-metrics/promql';
import { crossTeamAttempts, xdsNacks } from '../control-plane/metrics.js';
import { recorded } from './recording-rules.js';

/** An alert: when it fires, and what it tells. */
export interface Alert {
  /** An expression of PromQL. */
  readonly when: { toString(): string };
  /** How long it must hold. */
  readonly for?: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  /** What to do. */
  readonly action: string;
}

const route = '{{ with $labels.http_route }}{{ . }}{{ else }}no route{{ end }}';

/**
 * What only this service can tell. Alerts on its exporter, on lost observations and on objectives are written by
 * `flowplane-metrics rules`.
 */
export const alerts: Readonly<Record<string, Alert>> = {
  FlowplaneExporterAbsent: {
    when: absent(raw('up{job="flowplane"}', [])),
    for: '5m',
    severity: 'critical',
    summary: 'Prometheus has no target in the job "flowplane"',
    action: 'Check targets.yml and Status > Targets',
  },
  FlowplaneCrossTeamAttempts: {
    when: increaseFromZero(crossTeamAttempts, '5m').sumBy('from_team', 'to_team').above(5),
    severity: 'warning',
    summary:
      '{{ $labels.from_team }} tried to reach {{ $labels.to_team }} {{ $value | printf "%.0f" }} times in 5 minutes',
    action: 'Find the requests in the access log of that team: its token is misplaced or misused',
  },
  FlowplaneNacks: {
    when: increaseFromZero(xdsNacks, '5m').sumBy('team', 'resource_type').above(0),
    for: '1m',
    severity: 'warning',
    summary: 'Proxies of {{ $labels.team }} refuse resources of type {{ $labels.resource_type }}',
    action: "Read the reason in the proxy's log; the proxies keep the previous version until the resource is corrected",
  },
  FlowplaneSlowRequests: {
    when: recorded('route:http_server_request_duration_seconds:p99_5m', 'http_route').above(0.5),
    for: '5m',
    severity: 'warning',
    summary: `One request in a hundred of ${route} takes {{ $value | humanizeDuration }} or more`,
    action: 'Compare operation:db_query_duration_seconds:p99_5m',
  },
  FlowplaneRequestErrors: {
    when: recorded('route:http_server_request_errors:ratio_rate5m', 'http_route').above(0.05),
    for: '5m',
    severity: 'critical',
    summary: `{{ $value | humanizePercentage }} of the requests to ${route} fail`,
    action: 'Read the log of the control plane',
  },
};
