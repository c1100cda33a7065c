// Plain JavaScript, nothing to build: npm install flowplane-metrics && node hello.mjs
import { Counter, instrumentFunction, Timed } from 'flowplane-metrics';
import { serveMetrics } from 'flowplane-metrics/serve';

const { url } = await serveMetrics();

const greet = instrumentFunction(
  (name) => `Hello, ${name}!`,
  Counter({ name: 'greetings_total', help: 'How often somebody was greeted', labels: { name: (name) => name } }),
  Timed({ name: 'greeting_duration_seconds', help: 'How long a greeting took' }),
);

const names = ['Ada', 'Grace', 'Edsger'];
setInterval(() => greet(names[Math.floor(Math.random() * names.length)]), 200);

console.log(`Counting greetings. Look at ${url}, Ctrl-C stops.`);
