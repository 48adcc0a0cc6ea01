import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.js';
import { messageOf, TransportError } from '../errors.js';

/** Twilio gives a webhook this long to answer. */
const answerTimeoutMs = 15_000;
/** Largest TwiML document that Twilio takes. */
const maxDocumentBytes = 65_536;

export interface WebhookRequest {
  readonly clock: Clock;
  /** Signed as it is written here, and not as a parser would normalise it. */
  readonly url: string;
  /** Form fields of the request. */
  readonly fields: Readonly<Record<string, string>>;
  /** Signs the request as Twilio would. */
  readonly authToken: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The `X-Twilio-Signature` of a request: base64 of HMAC-SHA1 over the URL and the fields, sorted by name.
 *
 * Source: https://www.twilio.com/docs/usage/security#validating-requests
 */
export function twilioSignature(
  authToken: string,
  url: string,
  fields: Readonly<Record<string, string>>,
): string {
  const signed = Object.keys(fields)
    .sort()
    .reduce((text, name) => text + name + (fields[name] ?? ''), url);
  return createHmac('sha1', authToken).update(signed, 'utf8').digest('base64');
}

/**
 * POSTs a form to a webhook and resolves with the body of its answer. Rejects with a TransportError if there is none
 * within 15 s or it is anything but a 200, and with the signal's reason if that aborts. The connection is not kept.
 */
export function postWebhook({ clock, url, fields, authToken, signal }: WebhookRequest): Promise<string> {
  const body = new URLSearchParams(fields).toString();
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
    'Content-Length': Buffer.byteLength(body),
    Accept: '*/*',
    ...(authToken === undefined ? {} : { 'X-Twilio-Signature': twilioSignature(authToken, url, fields) }),
  };
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, { method: 'POST', headers, agent: false });
    const settle = (act: () => void): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const fail = (problem: string, cause?: unknown): void => {
      settle(() => reject(new TransportError(`The webhook ${url} ${problem}`, { cause })));
      request.destroy();
    };
    const onAbort = (): void => {
      settle(() => reject(signal?.reason as Error));
      request.destroy();
    };
    const timer = clock.setTimer(answerTimeoutMs, () =>
      fail('did not answer within 15 s, which is as long as Twilio waits. Look for what keeps it.'),
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
        if (bytes > maxDocumentBytes) fail('answered with more than 64 KiB, which Twilio does not take.');
      });
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) settle(() => resolve(text));
        else fail(`answered ${response.statusCode ?? 'nothing'}: ${advice(response.statusCode, text)}`);
      });
    });
    if (signal?.aborted) onAbort();
    else request.end(body);
  });
}

function advice(status: number | undefined, text: string): string {
  if (status === 401 || status === 403)
    return `${JSON.stringify(text.slice(0, 200))}. Set TWILIO_AUTH_TOKEN to what the relay has.`;
  if (status === 404) return 'there is no such route. The path of the relay is /twilio/voice.';
  return `${JSON.stringify(text.slice(0, 200))}. Twilio would end the call with an application error.`;
}
