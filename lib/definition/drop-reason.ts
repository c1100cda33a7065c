/** Why an observation was not recorded: a closed set, the values of `reason` in `flowplane_metrics_dropped_total`. */
export const dropReasons = [
  'reader_threw',
  'reader_promise',
  'label_type',
  'not_finite',
  'negative_step',
  'overflow',
  'sensitive',
  'family_clash',
] as const;

/** Why an observation was not recorded; the values of the label `reason` of `flowplane_metrics_dropped_total`. */
export type DropReason = (typeof dropReasons)[number];
