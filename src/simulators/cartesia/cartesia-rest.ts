/** What both services of the simulated Cartesia share: keys, errors and the answers to plain requests. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** An error in Cartesia's form: https://docs.cartesia.ai/use-the-api/api-errors */
export interface CartesiaRefusal {
  readonly status: number;
  readonly code: string | null;
  readonly title: string;
  readonly message: string;
  readonly retryAfter?: string;
}

/** The id of every request and connection. */
export const simulatedRequestId = 'simulated-550e8400';

/** `concurrency_limited` and `model_not_found` are documented; where no code is, it is null. */
const known: Readonly<Record<number, Omit<CartesiaRefusal, 'status'>>> = {
  401: { code: null, title: 'Unauthorized', message: 'The API key is not valid.' },
  402: { code: null, title: 'Payment required', message: 'The account has no credits left.' },
  404: { code: null, title: 'Voice not found', message: 'There is no voice with this ID.' },
  429: {
    code: 'concurrency_limited',
    title: 'Too many concurrent requests',
    message: "You have exceeded your plan's concurrency limit.",
  },
};

export function refusalOf(status: number, retryAfter?: string): CartesiaRefusal {
  const words = known[status] ?? { code: null, title: 'Simulated failure', message: `Status ${status}.` };
  return { status, ...words, ...(retryAfter !== undefined && { retryAfter }) };
}

export const unknownModel: CartesiaRefusal = {
  status: 400,
  code: 'model_not_found',
  title: 'Invalid model',
  message: 'The model is not valid, make sure it is a valid model ID.',
};

export function badRequest(message: string): CartesiaRefusal {
  return { status: 400, code: null, title: 'Bad request', message };
}

/** The error as a message of a WebSocket. */
export function errorMessage({ status, code, title, message }: CartesiaRefusal, contextId?: string): string {
  return JSON.stringify({
    ...{ type: 'error', done: true, status_code: status, error_code: code, title, message },
    request_id: simulatedRequestId,
    ...(contextId !== undefined && { context_id: contextId }),
  });
}

/** What is wrong with a request's headers; null if nothing is. */
export function refusalOfHeaders(headers: IncomingHttpHeaders, apiKey?: string): CartesiaRefusal | null {
  const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  const key = bearer ?? headers['x-api-key']?.toString();
  if (key === undefined || (apiKey !== undefined && key !== apiKey)) return refusalOf(401);
  // https://docs.cartesia.ai/use-the-api/api-conventions
  const version = headers['cartesia-version'];
  if (!/^20\d\d-\d\d-\d\d$/.test(version?.toString() ?? ''))
    return badRequest('The Cartesia-Version header is missing.');
  return null;
}

/** Answers an upgrade request with an error. */
export function refuseUpgrade(stream: Duplex, refusal: CartesiaRefusal): void {
  const body = bodyOf(refusal);
  const { status, retryAfter } = refusal;
  const headers = [
    `HTTP/1.1 ${status} Refused`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    `X-Request-Id: ${simulatedRequestId}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  stream.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}

/** Answers `GET /voices` and `GET /voices/{id}`. */
export function serveVoices(
  { method, url = '', headers }: IncomingMessage,
  response: ServerResponse,
  {
    apiKey,
    voices,
  }: { readonly apiKey?: string | undefined; readonly voices?: readonly string[] | undefined },
): void {
  const answer = (status: number, body: string): void =>
    void response
      .writeHead(status, { 'content-type': 'application/json', 'x-request-id': simulatedRequestId })
      .end(body);
  const { pathname } = new URL(url, 'http://simulator');
  const refusal = refusalOfHeaders(headers, apiKey);
  if (refusal) return answer(refusal.status, bodyOf(refusal));
  const voice = /^\/voices\/([^/]+)$/.exec(pathname)?.[1];
  const isKnown = voice !== undefined && (voices === undefined || voices.includes(decodeURIComponent(voice)));
  if (method === 'GET' && isKnown)
    return answer(200, JSON.stringify({ id: voice, name: 'Katie', language: 'en' }));
  if (method === 'GET' && pathname === '/voices')
    return answer(200, JSON.stringify({ data: [], has_more: false }));
  answer(404, bodyOf(refusalOf(404)));
}

function bodyOf({ code, title, message }: CartesiaRefusal): string {
  return JSON.stringify({ error_code: code, title, message, request_id: simulatedRequestId });
}
