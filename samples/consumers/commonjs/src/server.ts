import { createServer } from 'node:http';
import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { metricsHandler } from 'flowplane-metrics/http';
import { OrderService } from './orders';

const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder); // for every instance that no container creates
const metrics = metricsHandler(recorder, { allowedAddresses: ['127.0.0.1'] });
const orders = new OrderService();

export const server = createServer(async (request, response) => {
  if (request.url === '/metrics') return void metrics(request, response);
  const [, path, item = ''] = request.url?.split('/') ?? [];
  if (path !== 'orders') return void response.writeHead(404).end();
  const answer = request.method === 'POST' ? await orders.place(item) : await orders.list();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});

server.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
