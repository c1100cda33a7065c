import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../free-ports.js';
import { Part } from '../part.js';

/** A real VictoriaMetrics, for specs. */
export class VictoriaMetrics {
  private constructor(
    readonly url: string,
    private readonly part: Part,
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
      // Why: by default the last 30 seconds are not shown.
      '-search.latencyOffset=1s',
    ] as const;
    return new VictoriaMetrics(
      url,
      await Part.start({ name: 'VictoriaMetrics', command, healthUrl: `${url}/health` }),
      folder,
    );
  }

  /** The value of the first series of an instant query; `undefined` where there is none. */
  async value(query: string): Promise<string | undefined> {
    const answer = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  }

  async stop(): Promise<void> {
    await this.part.stop();
    rmSync(this.folder, { recursive: true });
  }
}

/** A double of the receiving end of Mimir and of Thanos, which no test machine can install: it takes what is sent right. */
export class ReceiverDouble {
  /** Where something has come that a store could read. */
  readonly paths = new Set<string>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const { 'content-encoding': encoding, 'content-type': type } = request.headers;
      const isRight = request.method === 'POST' && encoding === 'snappy' && type === 'application/x-protobuf';
      if (isRight) this.paths.add(request.url ?? '');
      response.statusCode = isRight ? 204 : 400;
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
