import { WebSocket } from 'ws';
import type { Clock } from '../../core/clock.js';
import { TransportError } from '../../core/errors.js';
import { twilioSignature } from './simulated-phone-webhook.js';

/** Time-out for opening the media socket. */
const connectTimeoutMs = 10_000;

export interface MediaSocketOptions {
  readonly clock: Clock;
  /** Signs the request, as Twilio does with the account's token. */
  readonly authToken: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Opens the socket of a `<Stream>`. Throws a TransportError if Twilio would not use this URL; rejects with one if the relay refuses
 * it or does not answer, and with the signal's reason if it aborts.
 */
export function openMediaSocket(
  url: string,
  { clock, authToken, signal }: MediaSocketOptions,
): Promise<WebSocket> {
  const problem = streamUrlProblem(url);
  if (problem) throw new TransportError(`The stream URL ${url} would not work with Twilio: ${problem}`);
  const headers =
    authToken === undefined ? {} : { 'X-Twilio-Signature': twilioSignature(authToken, url, {}) };
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    const settle = (error?: Error): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      if (!error) {
        resolve(socket);
        return;
      }
      reject(error);
      socket.terminate();
    };
    const onAbort = (): void => settle(signal.reason as Error);
    const timer = clock.setTimer(connectTimeoutMs, () =>
      settle(
        new TransportError(`The media stream ${url} did not open within 10 s. Check what blocks the relay.`),
      ),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    // Also handles the error of a terminated attempt.
    socket.on('error', (cause) =>
      settle(new TransportError(`The media stream ${url} cannot be opened: ${cause.message}.`, { cause })),
    );
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      const remedy =
        status === 401 || status === 403
          ? 'Set TWILIO_AUTH_TOKEN to the value that the relay has.'
          : 'Check the path of the stream URL and the limits of the relay.';
      settle(new TransportError(`The media stream ${url} was refused with HTTP ${status}. ${remedy}`));
    });
    socket.on('open', () => settle());
  });
}

function streamUrlProblem(url: string): string | null {
  if (!URL.canParse(url)) return 'it is not a URL.';
  const { protocol, hostname, search } = new URL(url);
  if (search !== '') return 'it has a query string, which Twilio strips. Use <Parameter> instead.';
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (protocol === 'wss:' || (protocol === 'ws:' && isLoopback)) return null;
  return 'it must begin with wss://. Only this simulator accepts ws://, and only for a loopback address.';
}
