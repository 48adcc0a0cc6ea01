/** Single requests to Twilio's routes, signed or not. */
import { WebSocket } from 'ws';
import { postWebhook } from '#src/simulators/phone/simulated-phone-webhook.js';
import { readTwiml } from '#src/simulators/phone/twiml-reader.js';
import type { LightRelay } from './light-relay.js';

type Fields = Readonly<Record<string, string>>;

/** Posts a form, with the signature if one is given. */
export async function postForm(
  url: string,
  fields: Fields,
  signature?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: signature === undefined ? {} : { 'X-Twilio-Signature': signature },
    body: new URLSearchParams(fields),
  });
  return { status: response.status, text: await response.text() };
}

/** The status that refuses a media socket; 101 if it opens. */
export async function upgradeStatus(url: string, signature?: string, host?: string): Promise<number> {
  const headers = {
    ...(signature !== undefined && { 'X-Twilio-Signature': signature }),
    ...(host !== undefined && { host }),
  };
  const socket = new WebSocket(url, { headers });
  socket.on('error', () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => resolve(101));
  });
  socket.terminate();
  return status;
}

/** The verbs of the relay's answer to the request at the end of a stream; `answer` had asked for the stream. */
export async function afterCall(light: LightRelay, fields: Fields, answer?: number): Promise<string[]> {
  const { clock, url } = light;
  const twiml = await postWebhook({
    clock,
    url: `${url}/twilio/after${answer === undefined ? '' : `?answer=${answer}`}`,
    fields,
    authToken: undefined,
    signal: undefined,
  });
  return readTwiml(twiml).map(({ name }) => name);
}
