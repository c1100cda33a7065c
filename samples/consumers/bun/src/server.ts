import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { fetchHandler } from 'flowplane-metrics/http';
import { OrderService } from './orders';

const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder); // for every instance that no container creates
const metrics = fetchHandler(recorder, { allowedAddresses: ['127.0.0.1'] });
const orders = new OrderService();

export const server = Bun.serve({
  hostname: '127.0.0.1',
  port: process.env['PORT'] ?? 8080,
  routes: {
    '/internal/metrics': (request, server) => metrics(request, { remoteAddress: server.requestIP(request)?.address }),
    '/orders/:item': { POST: async ({ params }) => Response.json(await orders.place(params.item)) },
    '/orders': { GET: async () => Response.json(await orders.list()) },
  },
});
