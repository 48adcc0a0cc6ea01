import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Clock } from '../core/clock.js';
import { messageOf, TransportError } from '../core/errors.js';

export interface HttpRequest {
  readonly clock: Clock;
  /** @default 'POST' */
  readonly method?: 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly limits: HttpRequestLimits;
  readonly signal: AbortSignal | undefined;
  /** Name of the resource for messages, for example `The webhook`. */
  readonly called: string;
}

export interface HttpRequestLimits {
  readonly answerWithinMs: number;
  /** The rest of the timeout's message: why the limit exists, and what to do. */
  readonly tooLate: string;
  readonly maxBytes: number;
  readonly tooLong: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends a text and resolves with the answer, whatever its status. Rejects with a TransportError if there is no answer
 * within the limits, or with the signal's reason when it aborts. The connection is not reused.
 */
export function httpRequest(request: HttpRequest): Promise<HttpAnswer> {
  const { clock, method = 'POST', url, headers, body, limits, signal, called } = request;
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? secureRequest : plainRequest;
    const length = { 'Content-Length': Buffer.byteLength(body) };
    const sent = send(url, { method, headers: { ...headers, ...length }, agent: false });
    const settle = (act: () => void): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const fail = (problem: string, cause?: unknown): void => {
      settle(() => reject(new TransportError(`${called} ${url} ${problem}`, { cause })));
      sent.destroy();
    };
    const onAbort = (): void => {
      settle(() => reject(signal?.reason as Error));
      sent.destroy();
    };
    const { answerWithinMs, tooLate, maxBytes, tooLong } = limits;
    const timer = clock.setTimer(answerWithinMs, () =>
      fail(`did not answer within ${answerWithinMs / 1000} s, ${tooLate}`),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    sent.on('error', (error) =>
      fail(`cannot be reached: ${messageOf(error)}. Is the relay running, and is this its address?`, error),
    );
    // Has no effect if the promise is settled: only a connection that closed in the middle of an answer fails here.
    sent.on('close', () => fail('closed the connection before its answer was complete.'));
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) fail(`answered with more than ${maxBytes / 1024} KiB, ${tooLong}`);
      });
      response.on('end', () => {
        const answer = { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
        settle(() => resolve(answer));
      });
    });
    if (signal?.aborted) onAbort();
    else sent.end(body);
  });
}
