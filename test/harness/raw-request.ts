import { request, type IncomingMessage } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly json: unknown;
}

/** Sends a request with headers that `fetch` would not send, such as another Host. */
export function rawRequest(
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
    /** Goes over the wire as it is: a URL parser would correct it. */
    readonly path?: string;
  } = {},
): Promise<RawAnswer> {
  const { method = 'GET', headers = {}, body = '', path } = options;
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, agent: false, ...(path !== undefined && { path }) });
    asking.on('error', reject);
    asking.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson =
          text !== '' && (response.headers['content-type']?.startsWith('application/json') ?? false);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          json: isJson ? (JSON.parse(text) as unknown) : text,
        });
      });
    });
    asking.end(body);
  });
}
