import { type OutgoingResponse, sendResponse } from '../http/send-response.js';
import { type Application, type Exchange, textResponse } from './route.js';

/** Answers exchanges on `node:http`, without a web framework. */
export const nodeApplication: Application = async (exchange) => {
  sendResponse(exchange.response, exchange.context.method, await answer(exchange));
};

async function answer({ context, route, scrape }: Exchange): Promise<OutgoingResponse> {
  try {
    return (await route?.handle(context, scrape)) ?? textResponse(404, 'Not Found');
  } catch {
    return textResponse(500, 'Internal Server Error');
  }
}
