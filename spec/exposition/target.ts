import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsHandler } from '../../lib/adapters/http/index.js';
import type { Scrapable } from '../../lib/index.js';

/** Serves a scrapable on a port of its own, and keeps the `Accept` headers that it was sent. */
export class Target {
  readonly accepts = new Set<string>();
  readonly #server: Server;

  /** @param accept what every client is taken to accept. Absent: what it says. */
  constructor(scrapable: Scrapable, accept?: string) {
    const handler = metricsHandler(scrapable);
    this.#server = createServer((request, response) => {
      this.accepts.add(String(request.headers.accept));
      if (accept !== undefined) request.headers.accept = accept;
      void handler(request, response);
    });
  }

  /** Listens; returns host and port. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** A configuration of Prometheus that scrapes these targets each second, each as a job of its name, with these settings. */
export async function scrapeConfig(targets: Readonly<Record<string, Target>>, settings = ''): Promise<string> {
  const jobs = await Promise.all(
    Object.entries(targets).map(
      async ([name, target]) =>
        `{ job_name: ${name}, ${settings}scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['${await target.listen()}'] }] }`,
    ),
  );
  return `scrape_configs: [${jobs.join(', ')}]\n`;
}
