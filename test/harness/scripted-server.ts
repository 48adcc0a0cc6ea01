import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer of a {@link ScriptedServer}; objects are sent as JSON. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ScriptedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a request; null never answers it. */
export type Script = (request: ScriptedRequest) => ScriptedAnswer | null;

/** An HTTP server on the loopback interface, for answers that no simulator gives. The caller closes it. */
export class ScriptedServer {
  /** `http://127.0.0.1:<port>`. */
  url = '';
  readonly requests: ScriptedRequest[] = [];
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  private constructor(script: Script) {
    this.#server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { method = '', url = '', headers } = request;
        const received = { method, url, headers, body };
        this.requests.push(received);
        const answer = script(received);
        for (const resolve of this.#waiting.splice(0)) resolve();
        if (!answer) return;
        const { status, body: sent = '' } = answer;
        response.writeHead(status, answer.headers);
        response.end(typeof sent === 'string' ? sent : JSON.stringify(sent));
      });
    });
  }

  static async start(script: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`;
    return server;
  }

  /** Methods and paths of the requests so far. */
  get asked(): string[] {
    return this.requests.map(({ method, url }) => `${method} ${url}`);
  }

  /** Resolves when the next request arrives. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Cuts all connections and frees the port. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
