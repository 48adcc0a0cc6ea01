/**
 * Controls one browser tab by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/), which Firefox supports natively: a
 * WebSocket, commands with ids, results with the same ids.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';

const reply = z.object({
  id: z.number().nullable().optional(),
  type: z.string().optional(),
  error: z.string().optional(),
  message: z.string().optional(),
  result: z.unknown().optional(),
});

const tree = z.object({ contexts: z.array(z.object({ context: z.string() })).min(1) });
const evaluated = z.union([
  z.object({
    type: z.literal('success'),
    result: z.object({ value: z.unknown().optional() }),
  }),
  z.object({ type: z.literal('exception'), exceptionDetails: z.object({ text: z.string() }) }),
]);
const picture = z.object({ data: z.string() });

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class BidiClient {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  #commands = 0;
  #context = '';

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#take((data as Buffer).toString()));
    socket.on('close', () => this.#giveUp());
    socket.on('error', () => this.#giveUp());
  }

  /** Opens a session at `url` (`ws://host:port`) and uses the browser's first tab. */
  static async connect(url: string): Promise<BidiClient> {
    const socket = new WebSocket(`${url}/session`);
    await once(socket, 'open');
    const client = new BidiClient(socket);
    await client.command('session.new', { capabilities: {} });
    const { contexts } = tree.parse(await client.command('browsingContext.getTree', {}));
    client.#context = contexts[0]?.context ?? '';
    return client;
  }

  /** Sends a command. Rejects with the browser's error text if it fails, or if the browser has ended. */
  command(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = ++this.#commands;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }), (error) => {
        if (error) reject(error);
      });
    });
  }

  /** Opens a page; resolves when it has loaded. `before` is a JavaScript function that runs before the page's own code. */
  async open(url: string, before?: string): Promise<void> {
    const script =
      before === undefined
        ? null
        : await this.command('script.addPreloadScript', {
            functionDeclaration: before,
            contexts: [this.#context],
          });
    await this.command('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
    if (script !== null)
      await this.command('script.removePreloadScript', script as Readonly<Record<string, unknown>>);
  }

  /** Evaluates an expression in the page, with user activation. Returns a string, number, boolean or null; awaits promises. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = evaluated.parse(
      await this.command('script.evaluate', {
        expression,
        target: { context: this.#context },
        awaitPromise: true,
        userActivation: true,
      }),
    );
    if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
    return answer.result.value;
  }

  /** Takes a PNG of the page at this window size. */
  async screenshot(width: number, height: number): Promise<Buffer> {
    await this.command('browsingContext.setViewport', {
      context: this.#context,
      viewport: { width, height },
    });
    const { data } = picture.parse(
      await this.command('browsingContext.captureScreenshot', { context: this.#context }),
    );
    return Buffer.from(data, 'base64');
  }

  /** Closes the session; the browser keeps running. */
  close(): void {
    this.#socket.terminate();
  }

  #take(text: string): void {
    const { id, type, error, message, result } = reply.parse(JSON.parse(text));
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (!pending || typeof id !== 'number') return;
    this.#pending.delete(id);
    if (type === 'error') pending.reject(new Error(`${error ?? 'error'}: ${message ?? ''}`));
    else pending.resolve(result);
  }

  #giveUp(): void {
    for (const pending of this.#pending.values()) pending.reject(new Error('The browser has ended.'));
    this.#pending.clear();
  }
}
