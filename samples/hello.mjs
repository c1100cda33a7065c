// Plain Node, without a framework, a container or a build: npm install flowplane-metrics && node hello.mjs
import { Counter, defineGauge, instrumentFunction, Timed } from 'flowplane-metrics';
import { serveMetrics } from 'flowplane-metrics/serve';

const { recorder, url } = await serveMetrics(); // FLOWPLANE_METRICS_PORT or 9090

// A function has no place for an annotation, so the decorators wrap it.
const greet = instrumentFunction(
  (name) => `Hello, ${name}!`,
  Counter({ name: 'greetings_total', help: 'Greetings by name', labels: { name: (name) => name } }),
  Timed({ name: 'greeting_duration_seconds', help: 'Duration of a greeting' }),
);

// A collector computes its value at each scrape.
const uptime = defineGauge({ name: 'hello_uptime_seconds', help: 'Seconds since the start of this program' });
recorder.gauge(uptime).collect(() => process.uptime());

const names = ['Ada', 'Grace', 'Edsger'];
setInterval(() => greet(names[Math.floor(Math.random() * names.length)]), 200);

console.log(`Counting greetings. Look at ${url}, Ctrl-C stops.`);
