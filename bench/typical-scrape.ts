import type { Row } from './measurement.js';

export const rows: Readonly<Record<string, Row>> = {};
