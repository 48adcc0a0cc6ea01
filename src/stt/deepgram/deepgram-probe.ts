import type { Clock } from '../../clock.js';
import { messageOf, ProviderError } from '../../errors.js';
import { askFor, runProbe } from '../../supervisor/probe.js';
import { deepgramError, HandshakeRefusal, quote, refusalError } from './deepgram-errors.js';

export interface DeepgramProbeOptions {
  readonly apiKey: string;
  /** http, https, ws and wss forms. @default Deepgram's own service */
  readonly baseUrl: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Asks Deepgram about the key itself, which every key may, whatever else it is allowed to do:
 * https://developers.deepgram.com/docs/authenticating. A self-hosted server knows no keys; it is asked how it is doing
 * (https://developers.deepgram.com/docs/self-hosted-status-endpoint). Throws a ProviderError.
 */
export function probeDeepgram({ apiKey, baseUrl, clock, signal }: DeepgramProbeOptions): Promise<void> {
  const base = (baseUrl ?? 'https://api.deepgram.com').replace(/^ws/i, 'http').replace(/\/+$/, '');
  const headers = { authorization: `Token ${apiKey}` };
  const errorOf = (thrown: unknown): ProviderError =>
    thrown instanceof ProviderError
      ? thrown
      : deepgramError('connection', `There is no connection to Deepgram: ${messageOf(thrown)}`, thrown);
  return runProbe({ kind: 'stt', provider: 'deepgram', clock, signal, errorOf }, async (limit) => {
    let answer = await askFor(`${base}/v1/auth/token`, headers, limit);
    if (answer.status === 404) answer = await askFor(`${base}/v1/status`, headers, limit);
    const { status, body, retryAfter } = answer;
    if (status === 200) return;
    if (status === 404) throw deepgramError('bad_request', 'There is no Deepgram at the base URL: HTTP 404.');
    const retryAfterMs = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : null;
    throw refusalError(
      new HandshakeRefusal(status, { body: quote(body, apiKey).slice(0, 500), retryAfterMs }),
    );
  });
}
