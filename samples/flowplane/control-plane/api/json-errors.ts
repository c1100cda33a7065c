import Koa, { type Context, type Next } from 'koa';

/** Koa middleware: answers every error as JSON. An error of the server itself reveals no detail. */
export async function jsonErrors(context: Context, next: Next): Promise<void> {
  try {
    await next();
    if (context.status === 404 && context.body === undefined) context.throw(404, 'not found');
  } catch (error) {
    const { status = 500, message, headers = {} } = error as InstanceType<typeof Koa.HttpError>;
    context.status = status;
    context.set(headers as Record<string, string>);
    context.body = { error: status < 500 ? message : 'internal error' };
    if (status >= 500) context.app.emit('error', error, context);
  }
}
