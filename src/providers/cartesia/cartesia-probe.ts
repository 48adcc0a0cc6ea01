import type { Clock } from '../../core/clock.js';
import { ProviderError } from '../../core/errors.js';
import { askFor, runProbe } from '../probe.js';
import { headersOf, httpUrl } from './cartesia-endpoint.js';
import { cartesiaError, failureOfAnswer, failureOfConnection, type Asked } from './cartesia-errors.js';

export interface CartesiaProbeOptions {
  readonly asked: Asked;
  readonly baseUrl: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Checks the key, and the voice if there is one, with a request that costs nothing. Cartesia has no list of models.
 * Rejects with a ProviderError.
 *
 * Source: https://docs.cartesia.ai/api-reference/voices/get and `…/voices/list`
 */
export function probeCartesia({ asked, baseUrl, clock, signal }: CartesiaProbeOptions): Promise<void> {
  const { kind, apiKey, voiceId } = asked;
  const path = voiceId === undefined ? '/voices?limit=1' : `/voices/${encodeURIComponent(voiceId)}`;
  const errorOf = (thrown: unknown): ProviderError =>
    thrown instanceof ProviderError ? thrown : cartesiaError(failureOfConnection(thrown), asked);
  return runProbe({ kind, provider: 'cartesia', clock, signal, errorOf }, async (limit) => {
    const answer = await askFor(`${httpUrl(baseUrl)}${path}`, headersOf(apiKey), limit);
    if (answer.status < 400) return;
    const failure = failureOfAnswer(answer.status, answer.body, () => null);
    const isUnknownVoice = voiceId !== undefined && (answer.status === 404 || answer.status === 400);
    throw cartesiaError(
      {
        ...failure,
        retryAfterMs: answer.retryAfterMs,
        ...(isUnknownVoice && { code: failure.code ?? 'voice_not_found' }),
      },
      asked,
    );
  });
}
