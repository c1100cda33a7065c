import Koa, { type Context, type Next } from 'koa';

/** Koa middleware: every error as JSON. What is the server's own fault says nothing of its inside. */
export async function jsonErrors(context: Context, next: Next): Promise<void> {
  try {
    await next();
    if (context.status === 404 && context.body === undefined) context.throw(404, 'there is nothing here');
  } catch (error) {
    const { status = 500, message, headers = {} } = error as InstanceType<typeof Koa.HttpError>;
    context.status = status;
    context.set(headers as Record<string, string>);
    context.body = { error: status < 500 ? message : 'internal error' };
    if (status >= 500) context.app.emit('error', error, context);
  }
}
