import { defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { PageServer, type ServerAddress } from '../../lib/serving/page-server.js';
import type { MetricsServerOptions } from '../../lib/serving/server-options.js';

const visits = defineCounter({ name: 'visits_total', help: 'Visits', labels: { page: {} } });

/** What a scrape that is let in finds. */
export const exposed = 'visits_total{page="start"} 1\n';

/** The servers of one spec: started on free ports, all closed by `close()`. */
export class Served {
  readonly #servers: PageServer[] = [];

  async listen(options: MetricsServerOptions = {}): Promise<ServerAddress & { server: PageServer; origin: string }> {
    const recorder = new PrometheusRecorder();
    recorder.counter(visits).inc({ page: 'start' });
    const server = new PageServer(recorder, { port: 0, processMetrics: false, ...options });
    this.#servers.push(server);
    const address = await server.listen();
    return { ...address, server, origin: new URL(address.url).origin };
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
  }
}

/** What a server that cannot start says. */
export async function refusal(options: MetricsServerOptions): Promise<{ message: string; code: string }> {
  const server = new PageServer(new PrometheusRecorder(), { port: 0, ...options });
  try {
    await server.listen();
  } catch (error) {
    return error as { message: string; code: string };
  }
  await server.close();
  throw new Error('it has started');
}
