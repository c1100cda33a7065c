import { sendResponse } from '../http/send-response.js';
import { type Application, answerByRoute } from './route.js';

/** Answers exchanges on `node:http`, without a web framework. */
export const nodeApplication: Application = async (exchange) => {
  sendResponse(exchange.response, exchange.context.method, await answerByRoute(exchange));
};
