import type { HttpClient } from '../../../network/http-client.js';
import { retryAfterMs } from '../../../network/retry-after.js';
import { requestIdOf } from '../../request-id.js';
import {
  audioError,
  connectionError,
  refusalError,
  requestIdHeader,
  type AudioFailureContext,
} from '../audio/audio-errors.js';
import { methodUrl, serviceHeaders, type AudioService } from '../audio/audio-service.js';
import type { Utterance } from './utterance.js';

/** How a text is to be spoken. */
export interface SpeechSettings {
  readonly model: string;
  readonly voice: string;
  readonly instructions?: string | undefined;
  readonly speed?: number | undefined;
  /** Other fields of the request; they win. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

export interface SpeechRequestOptions {
  readonly service: AudioService;
  readonly http: Promise<HttpClient>;
  readonly settings: SpeechSettings;
  readonly text: string;
}

/** The longest part of an error's body that is read. */
const maxErrorChars = 2000;

/**
 * Speaks one text with one request to the speech endpoint.
 *
 * Source: https://platform.openai.com/docs/api-reference/audio/createSpeech
 */
export class SpeechRequest implements Utterance {
  state: Utterance['state'] = 'unsent';
  requestId: string | undefined;
  readonly #options: SpeechRequestOptions;

  constructor(options: SpeechRequestOptions) {
    this.#options = options;
  }

  async *audio(signal: AbortSignal, onAsked: () => void): AsyncGenerator<Uint8Array> {
    const { fetch } = await this.#options.http;
    if (signal.aborted) return;
    onAsked();
    let length = 0;
    const response = await this.#ask(fetch, signal);
    try {
      for await (const piece of bodyOf(response)) {
        length += piece.length;
        yield piece;
      }
    } catch (thrown) {
      throw connectionError(thrown, this.#context);
    }
    if (length === 0) throw audioError('server', 'OpenAI gave no audio for a text.', this.#context);
  }

  async #ask(fetch: HttpClient['fetch'], signal: AbortSignal): Promise<Response> {
    const { service, settings, text } = this.#options;
    this.state = 'sent';
    let response: Response;
    try {
      response = await fetch(methodUrl(service, '/audio/speech'), {
        method: 'POST',
        headers: { ...serviceHeaders(service), 'content-type': 'application/json' },
        body: JSON.stringify(speechBody(settings, text)),
        signal,
        // Following a redirect would send the key to a host that the config does not name.
        redirect: 'manual',
      });
    } catch (thrown) {
      if (!signal.aborted) this.state = 'unsent';
      throw connectionError(thrown, this.#context);
    }
    this.requestId = requestIdOf(response.headers.get(requestIdHeader), service.apiKey);
    const isAccepted = response.ok && isAudio(response.headers);
    this.state = isAccepted ? 'accepted' : 'refused';
    if (isAccepted) return response;
    throw await this.#refusal(response);
  }

  async #refusal(response: Response): Promise<Error> {
    const { status, headers } = response;
    // The status is what matters: the body may break off.
    const body = await response.text().catch(() => '');
    if (response.ok || status < 400)
      return audioError('server', `OpenAI answered HTTP ${status} without audio.`, this.#context, {
        ...(this.requestId !== undefined && { requestId: this.requestId }),
      });
    return refusalError(
      {
        status,
        body: body.slice(0, maxErrorChars),
        retryAfterMs: retryAfterMs((name) => headers.get(name)),
        requestId: this.requestId,
      },
      this.#context,
    );
  }

  get #context(): AudioFailureContext {
    const { service, settings } = this.#options;
    return { kind: 'tts', apiKey: service.apiKey, model: settings.model };
  }
}

/** The body as it arrives; undici's streams can be iterated, which the platform's types do not say. */
function bodyOf({ body }: Response): AsyncIterable<Uint8Array> | readonly Uint8Array[] {
  return (body as unknown as AsyncIterable<Uint8Array> | null) ?? [];
}

function speechBody({ model, voice, instructions, speed, extra }: SpeechSettings, text: string): object {
  return {
    model,
    // A voice of the account's own is an object: `{"id": "voice_1234"}`.
    voice: isOwnVoice(voice) ? { id: voice } : voice,
    input: text,
    response_format: 'pcm',
    stream_format: 'audio',
    ...(instructions !== undefined && { instructions }),
    ...(speed !== undefined && { speed }),
    ...extra,
  };
}

/** Whether it is the id of a voice of the account's own. */
export function isOwnVoice(voice: string): boolean {
  return /^voice_\w+$/.test(voice);
}

/** A proxy's page, or an error with a good status, is none. */
function isAudio(headers: Headers): boolean {
  return !/^(?:text\/|application\/json)/i.test(headers.get('content-type') ?? '');
}
