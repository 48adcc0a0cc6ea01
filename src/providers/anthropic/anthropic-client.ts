import { withoutTrailingSlashes } from '../../network/base-url.js';
import { openHttpClient, type HttpClient } from '../../network/http-client.js';
import { AnswerError, HttpRefusal } from './answer-error.js';
import { readErrorBody } from './anthropic-messages.js';
import { versionFor, type RequestBody } from './request-form.js';

/** Longer messages are probably web pages and are cut. */
const maxMessageChars = 500;

export const defaultBaseUrl = 'https://api.anthropic.com';

export interface ClientOptions {
  readonly apiKey: string;
  /** With or without `/v1` or the method's path. */
  readonly baseUrl: string;
  /** Added to every request. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The requests to one server. Each throws an {@link HttpRefusal}, an {@link AnswerError}, or what fetch throws. */
export class AnthropicClient {
  readonly #http: HttpClient;
  readonly #options: ClientOptions;

  private constructor(http: HttpClient, options: ClientOptions) {
    this.#http = http;
    this.#options = { ...options, baseUrl: plainBaseUrl(options.baseUrl) };
  }

  static async open(options: ClientOptions): Promise<AnthropicClient> {
    return new AnthropicClient(await openHttpClient(options.baseUrl), options);
  }

  /** Whether an open connection is unused. */
  get hasIdleConnection(): boolean {
    return this.#http.hasIdleConnection;
  }

  /** Begins an answer. */
  async stream(body: RequestBody, json: string, signal: AbortSignal): Promise<Response> {
    const response = await this.#send('/v1/messages', signal, { body: json, version: versionFor(body) });
    const contentType = response.headers.get('content-type') ?? '';
    // Some gateways send the stream with another type, or with none.
    if (!contentType.includes('html') && !contentType.includes('json')) return response;
    void response.body?.cancel().catch(() => undefined);
    throw new AnswerError(`It sent ${contentType} instead of a stream: check the base URL.`, 'server');
  }

  /** Asks for the model, which is free; resolves with the answer's body. */
  async model(name: string, signal: AbortSignal): Promise<string> {
    const response = await this.#send(`/v1/models/${encodeURIComponent(name)}`, signal);
    // The connection is free only after the whole body was read.
    return response.text();
  }

  /** Sends a message that every server refuses as a bad request after it has checked the key. */
  async emptyMessage(signal: AbortSignal): Promise<void> {
    await (await this.#send('/v1/messages', signal, { body: '{}' })).text();
  }

  /** Ends idle connections at once and the others with their request. Idempotent. */
  close(): Promise<void> {
    return this.#http.close();
  }

  async #send(
    path: string,
    signal: AbortSignal,
    { body, version = '2026-10-21' }: { readonly body?: string; readonly version?: string } = {},
  ): Promise<Response> {
    const { apiKey, baseUrl, headers } = this.#options;
    const response = await this.#http.fetch(`${baseUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      signal,
      // Following a redirect would send the key to a host that the config does not name.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'anthropic-version': version,
        'x-api-key': apiKey,
        ...lowerCase(headers),
      },
      ...(body !== undefined && { body }),
    });
    if (response.ok) return response;
    throw refusalOf(response, await response.text());
  }
}

/** Scheme and host, and a path that is not the API's own. */
export function plainBaseUrl(url: string): string {
  const plain = withoutTrailingSlashes(url);
  for (const end of ['/v1/messages', '/v1']) if (plain.endsWith(end)) return plain.slice(0, -end.length);
  return plain;
}

function refusalOf({ status, headers }: Response, body: string): HttpRefusal {
  const error = readErrorBody(body);
  const isRedirect = status >= 300 && status < 400;
  const silence = isRedirect
    ? 'It answered with a redirect: check the base URL.'
    : 'The server did not say why.';
  const message = error?.message ?? (body.trimStart().startsWith('<') || body.trim() === '' ? silence : body);
  const short = message.length > maxMessageChars ? `${message.slice(0, maxMessageChars)}…` : message;
  return new HttpRefusal(short, { status, headers, type: error?.type ?? null, code: error?.code ?? null });
}

/** Names in one case, so that a header of the user's replaces the one of the same name. */
function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
