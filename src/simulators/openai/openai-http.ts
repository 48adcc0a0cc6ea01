import type { IncomingMessage, ServerResponse } from 'node:http';

/** An error in the wording of the service. */
export interface SentError {
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
  readonly retryAfter?: string | undefined;
}

export function sendJson(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Objects are sent as JSON. */
export function sendBody(response: ServerResponse, status: number, body: string | object): void {
  if (typeof body === 'object') sendJson(response, status, body);
  else response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
}

/** The headers without those that contain the key. */
export function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain = Object.entries(headers).filter(([name]) => name !== 'authorization' && name !== 'api-key');
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
