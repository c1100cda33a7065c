import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../monitoring/program.js';
import { freePorts } from '../monitoring/testing/free-ports.js';

/** A real VictoriaMetrics. */
export class VictoriaMetrics {
  private constructor(
    readonly url: string,
    private readonly program: Program,
    private readonly folder: string,
  ) {}

  static async start(): Promise<VictoriaMetrics> {
    const [port = ''] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const folder = mkdtempSync(join(tmpdir(), 'victoria-'));
    const command = [
      'victoria-metrics',
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${folder}`,
      // Why: by default VictoriaMetrics hides the last 30 seconds.
      '-search.latencyOffset=1s',
    ] as const;
    return new VictoriaMetrics(
      url,
      await Program.start({ name: 'VictoriaMetrics', command, healthUrl: `${url}/health` }),
      folder,
    );
  }

  /** The value of the first series of an instant query, `undefined` without one. */
  async value(query: string): Promise<string | undefined> {
    const answer = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  }

  async stop(): Promise<void> {
    await this.program.stop();
    rmSync(this.folder, { recursive: true });
  }
}

/** Stands for Mimir and Thanos, which Debian does not package: it accepts well-formed remote-write requests. */
export class ReceiverDouble {
  /** The paths that received a well-formed request. */
  readonly paths = new Set<string>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const { 'content-encoding': encoding, 'content-type': type } = request.headers;
      const isWellFormed = request.method === 'POST' && encoding === 'snappy' && type === 'application/x-protobuf';
      if (isWellFormed) this.paths.add(request.url ?? '');
      response.statusCode = isWellFormed ? 204 : 400;
      request.resume().on('end', () => response.end());
    });
  }

  static async start(): Promise<ReceiverDouble> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ReceiverDouble(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((stopped) => this.server.close(stopped));
  }
}
