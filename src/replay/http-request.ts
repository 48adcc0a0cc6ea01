import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.js';
import { messageOf, TransportError } from '../errors.js';

export interface HttpPost {
  readonly clock: Clock;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly limits: HttpPostLimits;
  readonly signal: AbortSignal | undefined;
  /** What is at the URL, for messages: `The webhook`. */
  readonly called: string;
}

export interface HttpPostLimits {
  readonly answerWithinMs: number;
  /** Why no longer, and what to do, as the rest of a sentence. */
  readonly tooLate: string;
  readonly maxBytes: number;
  readonly tooLong: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * POSTs a text and resolves with the answer, whatever its status. Rejects with a TransportError if there is none within
 * the limits, and with the signal's reason if that aborts. The connection is not kept.
 */
export function httpPost({
  clock,
  url,
  headers,
  body,
  limits,
  signal,
  called,
}: HttpPost): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const length = { 'Content-Length': Buffer.byteLength(body) };
    const request = send(url, { method: 'POST', headers: { ...headers, ...length }, agent: false });
    const settle = (act: () => void): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const fail = (problem: string, cause?: unknown): void => {
      settle(() => reject(new TransportError(`${called} ${url} ${problem}`, { cause })));
      request.destroy();
    };
    const onAbort = (): void => {
      settle(() => reject(signal?.reason as Error));
      request.destroy();
    };
    const { answerWithinMs, tooLate, maxBytes, tooLong } = limits;
    const timer = clock.setTimer(answerWithinMs, () =>
      fail(`did not answer within ${answerWithinMs / 1000} s, ${tooLate}`),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    request.on('error', (error) =>
      fail(`cannot be reached: ${messageOf(error)}. Is the relay running, and is this its address?`, error),
    );
    // The promise is settled by then, unless the connection closed in the middle of an answer.
    request.on('close', () => fail('closed the connection before its answer was complete.'));
    request.on('response', (response) => {
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
    else request.end(body);
  });
}
