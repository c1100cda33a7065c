import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { fetchHandler } from 'flowplane-metrics/http';
import { OrderService } from './orders.ts';

const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder); // for every instance that no container creates
const metrics = fetchHandler(recorder, { allowedAddresses: ['127.0.0.1'] });
const orders = new OrderService();

export const server = Deno.serve(
  { hostname: '127.0.0.1', port: Number(Deno.env.get('PORT') ?? 8080), onListen: undefined },
  async (request, { remoteAddr }) => {
    const [, path, item = ''] = new URL(request.url).pathname.split('/');
    if (path === 'metrics') return metrics(request, { remoteAddress: remoteAddr.hostname });
    if (path !== 'orders') return new Response('not found', { status: 404 });
    return Response.json(request.method === 'POST' ? await orders.place(item) : await orders.list());
  },
);
