// Prints one figure of one client: node typical-figure.js typical-calls "4 labels" flowplane-metrics
import type { Row } from './measurement.js';

const [module = '', row = '', client = ''] = process.argv.slice(2);
const { rows } = (await import(`./${module}.js`)) as { readonly rows: Readonly<Record<string, Row>> };
const figure = await rows[row]?.clients[client]?.();
console.log(JSON.stringify(figure));
process.exit();
