import { OrderService } from '../../orders';

const orders = new OrderService();

export const POST = async (request: Request) => Response.json(await orders.place(await request.text()));
export const dynamic = 'force-dynamic';
export const GET = async () => Response.json(await orders.list());
