import type { Clock } from '../../../core/clock.js';
import type { ProviderKind } from '../../../core/errors.js';
import type { ProviderNotice } from '../../../events/provider-notice.js';
import { askFor, runProbe } from '../../probe.js';
import { fieldsOf, listOf, stringOf } from '../wire-value.js';
import { connectionError, refusalError, usualModels, type AudioFailureContext } from './audio-errors.js';
import { methodUrl, serviceHeaders, type AudioService } from './audio-service.js';

/** Enough for a model's description, and for an error. */
const maxChars = 20_000;

export interface ModelCheck {
  readonly kind: Extract<ProviderKind, 'stt' | 'tts'>;
  readonly service: AudioService;
  readonly model: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Requests the model's description, which is free. Resolves with a notice if the model will be shut down. Rejects with
 * a ProviderError if key or model is refused. A key that may not read models passes, and so does a compatible server
 * without that route.
 *
 * Sources: https://platform.openai.com/docs/api-reference/models/retrieve, and for `shutdown_date`
 * https://developers.openai.com/api/docs/deprecations
 */
export async function checkModel(check: ModelCheck): Promise<readonly ProviderNotice[]> {
  const { kind, service, model, clock, signal } = check;
  const context: AudioFailureContext = { kind, model, apiKey: service.apiKey };
  const errorOf = (thrown: unknown) => connectionError(thrown, context);
  return runProbe({ kind, provider: 'openai', clock, signal, errorOf }, async (limit) => {
    const url = methodUrl(service, `/models/${encodeURIComponent(model)}`);
    const answer = await askFor(url, serviceHeaders(service), limit, maxChars);
    if (answer.status < 300) return noticesFor(check, answer.body);
    const error = refusalError(answer, context);
    const isPassed = lacksScope(answer.status, answer.body) || lacksRoute(answer.status, error.field);
    if (isPassed) return [];
    throw error;
  });
}

function noticesFor({ kind, model }: ModelCheck, body: string): readonly ProviderNotice[] {
  const date = shutdownOf(body, model);
  if (date === '') return [];
  return [
    {
      field: `${kind}.model`,
      message: `The model '${model}' will be shut down on ${date}.`,
      remedy:
        kind === 'stt'
          ? `Name a current one, for example '${usualModels.stt}'.`
          : 'Use another provider by then, or a compatible server: OpenAI ends its speech endpoint.',
    },
  ];
}

/** The day, such as `2027-01-06`; empty if there is none. */
function shutdownOf(body: string, model: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    const entries = [parsed, ...listOf(fieldsOf(parsed)?.data)].map(fieldsOf);
    return stringOf(entries.find((entry) => entry?.id === model)?.shutdown_date).slice(0, 10);
  } catch {
    return '';
  }
}

/** Whether the server accepts the key but does not let it read models. */
function lacksScope(status: number, body: string): boolean {
  if (status !== 401 && status !== 403) return false;
  return /missing_scope|missing scopes/i.test(body);
}

/** Whether the server does not have this route, as opposed to the model. */
function lacksRoute(status: number, field: string | undefined): boolean {
  return (status === 404 || status === 405) && field === undefined;
}
