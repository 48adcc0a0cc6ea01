/** Answers over HTTP that Deepgram's recognisers and voices share. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';

/** The bodies of https://developers.deepgram.com/docs/errors. */
export const wrongKey = { err_code: 'INVALID_AUTH', err_msg: 'Invalid credentials.' };
export const noSuchModel = {
  err_code: 'Bad Request',
  err_msg: 'Bad Request: No such model/language/tier combination found.',
};
export const noSuchVoice = {
  err_code: 'Bad Request',
  err_msg: 'Bad Request: No such model/version combination found.',
};

/**
 * On every answer to a handshake, and in the body of a refusal. Source: https://developers.deepgram.com/changelog/2022/11/8
 */
export const simulatedRequestId = 'simulated';

/** Whether a request has the key; any key if `apiKey` is undefined. */
export function knowsKey({ authorization }: IncomingHttpHeaders, apiKey: string | undefined): boolean {
  const [scheme, key = ''] = authorization?.split(' ') ?? [];
  return (
    (scheme === 'Token' || scheme === 'Bearer') && key !== '' && (apiKey === undefined || key === apiKey)
  );
}

/** Answers an upgrade request with a status and a body in Deepgram's form. */
export function answer(stream: Duplex, status: number, said: object, retryAfterSec?: number | string): void {
  const body = JSON.stringify({ ...said, request_id: simulatedRequestId });
  const headers = [
    `HTTP/1.1 ${status} Simulated`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    `dg-request-id: ${simulatedRequestId}`,
    ...(retryAfterSec === undefined ? [] : [`Retry-After: ${retryAfterSec}`]),
  ];
  stream.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
