import { OrderService } from '../../orders';

const orders = new OrderService();

export const POST = async (request: Request) => Response.json(orders.report(Number(await request.text())));
