/** A remark that breaks nothing: said once, by `onAdvice` or as a process warning. */
export interface Advice {
  /** What kind of remark; stable, to filter by. */
  readonly code:
    | 'unwired'
    | 'second_copy'
    | 'different_help'
    | 'minified_class'
    | 'naming'
    | 'bound'
    | 'sensitive'
    | 'open_server'
    | 'loopback_only'
    | 'web_config';
  readonly message: string;
}
