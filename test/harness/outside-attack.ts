/** Attacks a relay through every route that is open to outsiders, with {@link HostileInputs}, over real sockets. */
import { request } from 'node:http';
import type { Clock } from '#src/core/clock.js';
import { twilioSignature } from '#src/simulators/phone/simulated-phone-webhook.js';
import type { HostileInputs } from './hostile-inputs.js';
import { MediaPeer, ring } from './media-peer.js';

/** A relay that checks signatures and is reached at its local address. */
export interface AttackedRelay {
  readonly url: string;
  readonly clock: Clock;
  readonly authToken: string;
}

/** A well-formed but invalid signature. */
const shaped = `${'A'.repeat(27)}=`;
const webhookPaths = [
  '/twilio/voice',
  '/twilio/after',
  '/twilio/status',
  '/twilio/media',
  '/twilio/%ZZ',
  '/',
];

/** Sends a form to one of Twilio's routes, signed or not; resolves with the status. */
export async function postHostileForm(
  { url, authToken }: AttackedRelay,
  inputs: HostileInputs,
): Promise<number> {
  const target = `${url}${inputs.oneOf(webhookPaths)}`;
  if (inputs.below(2) === 0) {
    const fields = Object.fromEntries(
      Object.entries(inputs.fields()).map(([name, value]) => [name, value.replace(/\p{Surrogate}/gu, '�')]),
    );
    const signature = twilioSignature(authToken, target, fields);
    return post(target, new URLSearchParams(fields).toString(), { 'x-twilio-signature': signature });
  }
  const signature = inputs.oneOf<string | undefined>([
    undefined,
    shaped,
    '',
    'x'.repeat(28),
    'x'.repeat(5000),
  ]);
  const type = inputs.oneOf([undefined, 'application/json', 'text/plain', 'application/sdp']);
  return post(target, inputs.form(), {
    ...(signature !== undefined && { 'x-twilio-signature': signature }),
    ...(type !== undefined && { 'content-type': type }),
  });
}

/** Posts an invalid offer; resolves with the status. */
export async function postHostileOffer(
  { url }: AttackedRelay,
  inputs: HostileInputs,
  proper: string,
): Promise<number> {
  const sdp = inputs.offer(proper);
  return inputs.below(2) === 0
    ? post(`${url}/webrtc/offer`, sdp, { 'content-type': 'application/sdp' })
    : post(`${url}/webrtc/offer`, JSON.stringify({ type: 'offer', sdp }), {
        'content-type': 'application/json',
      });
}

/**
 * Opens a media stream with or without a valid token, and sends messages until it is closed or all are sent. Resolves when the
 * stream is closed. A proper stream is announced and sends silence: the attacker is then the caller.
 */
export async function streamHostileMedia(
  relay: AttackedRelay,
  inputs: HostileInputs,
  messages: number,
  { isProper = false }: { readonly isProper?: boolean } = {},
): Promise<void> {
  const callSid = `CA${inputs.below(1e9)}`;
  const { streamUrl, token } = await ring(relay, callSid, relay.authToken);
  const peer = await MediaPeer.open(streamUrl, relay.authToken);
  if (isProper || inputs.below(4) > 0) {
    peer.connected();
    peer.start(callSid, token);
  }
  for (let sent = 0; sent < messages && peer.closed === null; sent++)
    if (isProper) peer.media();
    else peer.send(inputs.mediaMessage(peer.streamSid));
  if (inputs.below(2) === 0) peer.vanish();
  else peer.stop();
  await peer.ended();
}

function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const asking = request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
    // A relay that has answered does not read the rest of a body that is too long.
    asking.on('error', () => resolve(0));
    asking.on('response', (response) => {
      response.on('error', () => undefined).resume();
      resolve(response.statusCode ?? 0);
    });
    asking.end(body);
  });
}
