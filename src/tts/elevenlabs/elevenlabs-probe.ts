import type { Clock } from '../../clock.js';
import { messageOf, ProviderError } from '../../errors.js';
import { askFor, runProbe } from '../../supervisor/probe.js';
import { elevenLabsError } from './elevenlabs-errors.js';
import { errorDetail } from './elevenlabs-messages.js';

export interface ElevenLabsProbeOptions {
  readonly apiKey: string;
  /** http or https, without a slash at its end. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Asks who the key belongs to. A key that may only speak is told that it lacks the permission for this, which no wrong key
 * is: so that is a good answer too. (The lists of models and voices need permissions of their own, and are long.) Throws a
 * ProviderError.
 *
 * Source: https://elevenlabs.io/docs/api-reference/authentication
 */
export function probeElevenLabs({ apiKey, baseUrl, clock, signal }: ElevenLabsProbeOptions): Promise<void> {
  const errorOf = (thrown: unknown): ProviderError =>
    thrown instanceof ProviderError
      ? thrown
      : elevenLabsError({ message: `The connection failed: ${messageOf(thrown)}.`, cause: thrown }, apiKey);
  return runProbe({ kind: 'tts', provider: 'elevenlabs', clock, signal, errorOf }, async (limit) => {
    const { status, body, retryAfter } = await askFor(`${baseUrl}/v1/user`, { 'xi-api-key': apiKey }, limit);
    const detail = errorDetail(body);
    if (status === 200 || detail?.code === 'missing_permissions') return;
    throw elevenLabsError({ message: `HTTP ${status}`, status, retryAfter, ...detail }, apiKey);
  });
}
