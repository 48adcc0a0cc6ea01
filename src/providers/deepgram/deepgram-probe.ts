import { z } from 'zod';
import type { Clock } from '../../core/clock.js';
import { messageOf, ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import { withoutTrailingSlashes } from '../../network/base-url.js';
import { askFor, runProbe } from '../probe.js';
import {
  deepgramError,
  HandshakeRefusal,
  quote,
  refusalError,
  unknownModelError,
  type AskedModel,
} from './deepgram-errors.js';

export interface DeepgramAccountOptions {
  readonly kind: 'stt' | 'tts';
  /** The recogniser's model, or the voice. */
  readonly model: string;
  readonly apiKey: string;
  /** http, https, ws and wss forms. @default Deepgram's own service */
  readonly baseUrl: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The error for another failure than a refusal. */
  readonly errorOf: (category: ProviderErrorCategory, message: string, cause?: unknown) => ProviderError;
  /** The error for an HTTP status. */
  readonly onRefusal: (refusal: HandshakeRefusal) => ProviderError;
  /** The error for a model that no list has. */
  readonly onUnknown: (why: string) => ProviderError;
}

export type DeepgramProbeOptions = Pick<DeepgramAccountOptions, 'apiKey' | 'baseUrl' | 'clock' | 'signal'> &
  AskedModel;

/** The list contains every version of every model. */
const maxListChars = 4_000_000;

/** Checks the recogniser's key and model. Throws a ProviderError. */
export function probeDeepgram(options: DeepgramProbeOptions): Promise<void> {
  return checkAccount({
    ...options,
    kind: 'stt',
    errorOf: deepgramError,
    onRefusal: (refusal) => refusalError(refusal, options),
    onUnknown: (why) => unknownModelError(options, why),
  });
}

/**
 * Checks the key with a request that every valid key may make, then looks for the model in the lists of models:
 * https://developers.deepgram.com/docs/authenticating and `…/docs/model-metadata`. A self-hosted server has no keys;
 * its status is checked instead (https://developers.deepgram.com/docs/self-hosted-status-endpoint). Throws a
 * ProviderError.
 */
export function checkAccount(options: DeepgramAccountOptions): Promise<void> {
  const { kind, model, apiKey, baseUrl, clock, signal } = options;
  const base = withoutTrailingSlashes((baseUrl ?? 'https://api.deepgram.com').replace(/^ws/i, 'http'));
  const headers = { authorization: `Token ${apiKey}` };
  const errorOf = (thrown: unknown): ProviderError =>
    thrown instanceof ProviderError
      ? thrown
      : options.errorOf('connection', `There is no connection to Deepgram: ${messageOf(thrown)}`, thrown);
  return runProbe({ kind, provider: 'deepgram', clock, signal, errorOf }, async (limit) => {
    let answer = await askFor(`${base}/v1/auth/token`, headers, limit);
    const isSelfHosted = answer.status === 404;
    if (isSelfHosted) answer = await askFor(`${base}/v1/status`, headers, limit);
    const { status, body, retryAfterMs } = answer;
    if (status === 404)
      throw options.errorOf('bad_request', 'There is no Deepgram at the base URL: HTTP 404.');
    if (status !== 200)
      throw options.onRefusal(
        new HandshakeRefusal(status, { body: quote(body, apiKey).slice(0, 500), retryAfterMs }),
      );
    if (isSelfHosted) return;
    const ask: Ask = async (path) => {
      const { status: itsStatus, body: list } = await askFor(`${base}${path}`, headers, limit, maxListChars);
      return { status: itsStatus, body: list, names: itsStatus === 200 ? namesIn(list, kind) : [] };
    };
    if ((await lacks(model, ask)) && (await lacksOwn(model, ask)))
      throw options.onUnknown('its list of models does not have it');
  });
}

type Ask = (
  path: string,
) => Promise<{ readonly status: number; readonly body: string; readonly names: readonly string[] }>;

const models = z
  .array(
    z.object({
      name: z.string().optional(),
      canonical_name: z.string().optional(),
      uuid: z.string().optional(),
    }),
  )
  .default([])
  .catch([]);
const modelList = z.object({ stt: models, tts: models });

const projectList = z.object({ projects: z.array(z.object({ project_id: z.string() })) });

/**
 * Whether the list of public models proves that this model is not public. The list does not mention Flux
 * (https://github.com/orgs/deepgram/discussions/1627).
 */
async function lacks(model: string, ask: Ask): Promise<boolean> {
  const { names } = await ask('/v1/models');
  if (names.length === 0) return false;
  if (model.startsWith('flux-') && !names.some((name) => name.startsWith('flux-'))) return false;
  // A family's name means its general model, and the old name `2-general` means `nova-2-general`.
  return !names.some((name) => name === model || name.startsWith(`${model}-`) || name.endsWith(`-${model}`));
}

/**
 * Whether the account has no custom model with that name or id either. Without the right to read them: false, since
 * nothing is proven. Source: https://developers.deepgram.com/reference/manage/projects/models/list
 */
async function lacksOwn(model: string, ask: Ask): Promise<boolean> {
  const projects = await ask('/v1/projects');
  if (projects.status !== 200) return projects.status === 404;
  for (const id of projectsIn(projects.body)) {
    const { status, names } = await ask(`/v1/projects/${encodeURIComponent(id)}/models`);
    if (status !== 200 || names.includes(model)) return false;
  }
  return true;
}

function projectsIn(body: string): string[] {
  try {
    return projectList.parse(JSON.parse(body)).projects.map(({ project_id: id }) => id);
  } catch {
    return [];
  }
}

function namesIn(body: string, kind: 'stt' | 'tts'): string[] {
  try {
    const lists = modelList.parse(JSON.parse(body));
    return lists[kind].flatMap(({ name, canonical_name: canonical, uuid }) =>
      [name, canonical, uuid].filter((known) => known !== undefined),
    );
  } catch {
    return [];
  }
}
