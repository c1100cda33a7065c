export type { ClientOptions, ClientTlsOptions } from '../sending/http-client.js';
export type { GatewayOptions, PushOptions } from './gateway-options.js';
export { deleteFromGateway, pushToGateway } from './push-to-gateway.js';
