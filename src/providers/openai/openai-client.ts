import type { OpenAI } from 'openai';
import { openHttpClient, type HttpClient } from '../../network/http-client.js';
import type { Endpoint } from './endpoint.js';
import { errorBody } from './error-body.js';

/** The SDK and its connections. */
export interface OpenAiClient {
  readonly api: OpenAI;
  readonly http: HttpClient;
}

/** Loads the SDK for one server; `headers` go with every request. Its errors contain the server's message, in whatever form the server sent it. */
export async function openOpenAiClient(
  { baseUrl, query, keyHeader, isOwnService }: Endpoint,
  apiKey: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenAiClient> {
  const [{ OpenAI }, http] = await Promise.all([import('openai'), openHttpClient(baseUrl)]);
  class Client extends OpenAI {
    protected override makeStatusError(
      status: number,
      parsed: unknown,
      text: string | undefined,
      headers: Headers,
    ): ReturnType<OpenAI['makeStatusError']> {
      const error = errorBody(parsed ?? text) ?? {
        message: `The server answered HTTP ${status} and did not say why.`,
      };
      return super.makeStatusError(status, { error }, undefined, headers);
    }
  }
  // Servers without keys get none; the SDK needs a text.
  const authorization = keyHeader === 'authorization' && apiKey !== '' ? `Bearer ${apiKey}` : null;
  const api = new Client({
    apiKey: apiKey === '' ? 'none' : apiKey,
    // The SDK would send it instead of the key.
    adminAPIKey: null,
    baseURL: baseUrl,
    defaultQuery: query,
    fetch: http.fetch,
    // The supervisor decides about retries; the SDK does not know how much time the turn has left.
    maxRetries: 0,
    // Its logs would write the conversation to the console.
    logLevel: 'off',
    ...(!isOwnService && { organization: null, project: null }),
    defaultHeaders: {
      ...(!isOwnService && withoutHeaders(process.env.OPENAI_CUSTOM_HEADERS ?? '')),
      authorization,
      ...(keyHeader === 'api-key' && { 'api-key': apiKey }),
      ...headers,
    },
  });
  return { api, http };
}

/** The SDK adds the headers of this variable to every request; they are meant for OpenAI's own service. */
function withoutHeaders(variable: string): Record<string, null> {
  const names = variable
    .split('\n')
    .flatMap((line) => (line.includes(':') ? line.slice(0, line.indexOf(':')).trim() : []));
  return Object.fromEntries(names.filter((name) => name !== '').map((name) => [name, null]));
}
