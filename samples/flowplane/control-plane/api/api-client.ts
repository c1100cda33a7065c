/** A client of the API with the token of one team. */
export class ApiClient {
  readonly #apiUrl: string;
  readonly #token: string | undefined;

  constructor(apiUrl: string, token?: string) {
    this.#apiUrl = apiUrl;
    this.#token = token;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: unknown }> {
    const response = await fetch(this.#apiUrl + path, {
      method,
      headers: {
        connection: 'close',
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  create(
    team: string,
    collection: string,
    name: string,
    spec: object = {},
  ): Promise<{ status: number; body: unknown }> {
    return this.send('POST', `/api/v1/teams/${team}/${collection}`, { name, ...spec });
  }
}
