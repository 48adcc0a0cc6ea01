import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Clock } from '#src/core/clock.js';
import {
  acceptMediaStream,
  tokenParameter,
  type MediaStart,
  type RefusalCode,
} from '#src/transport/media-stream/media-handshake.js';
import { defaultInboundLimits } from '#src/transport/media-stream/inbound-guard.js';
import { StreamTokens } from '#src/transport/media-stream/stream-tokens.js';
import { twilioWire } from '#src/transport/twilio/twilio-messages.js';
import { connectStreamTwiml, hangUpTwiml } from '#src/transport/twilio/twiml.js';

/** A request that reached the line's webhooks. */
export interface LineRequest {
  readonly path: string;
  readonly signature: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

export interface PhoneLineOptions {
  readonly clock: Clock;
  /** Replaces the usual TwiML answer; returns undefined for the usual one. */
  readonly answer?: (request: LineRequest) => { readonly status: number; readonly body: string } | undefined;
  /** Called for each accepted stream, in the same turn of the event loop. */
  readonly onStream?: (start: MediaStart) => void;
  readonly onRefused?: (code: RefusalCode) => void;
  /** Refuses the upgrade of the media socket with this status. */
  readonly refuseUpgradeWith?: number;
}

/** The minimal relay for a phone call: webhook, media socket, and the Connect action. */
export interface PhoneLine {
  readonly voiceUrl: string;
  readonly mediaUrl: string;
  /** Webhook requests and upgrades so far. */
  readonly requests: readonly LineRequest[];
  readonly tokens: StreamTokens<true>;
  close(): Promise<void>;
}

/** Opens a phone line on a free loopback port. */
export async function openPhoneLine(options: PhoneLineOptions): Promise<PhoneLine> {
  const { clock } = options;
  const tokens = new StreamTokens<true>({ clock });
  const requests: LineRequest[] = [];
  let origin = '';
  const server = createServer((request, response) => {
    void readForm(request).then(async (fields) => {
      const lineRequest = { path: request.url ?? '', signature: signatureOf(request), fields };
      requests.push(lineRequest);
      const { status, body } = options.answer?.(lineRequest) ?? {
        status: 200,
        body: await usualAnswer(lineRequest),
      };
      response.writeHead(status, { 'Content-Type': 'text/xml' }).end(body);
    });
  });
  const usualAnswer = ({ path, fields }: LineRequest): Promise<string> => {
    if (path === '/after') return hangUpTwiml();
    const token = tokens.issue(fields.CallSid ?? '', true);
    const streamUrl = `${origin.replace('http', 'ws')}/media`;
    return connectStreamTwiml({
      streamUrl,
      actionUrl: '/after',
      parameters: { [tokenParameter]: token, greeting: 'a & b' },
    });
  };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: defaultInboundLimits.maxMessageBytes });
  server.on('upgrade', (request, socket, head) => {
    requests.push({ path: request.url ?? '', signature: signatureOf(request), fields: {} });
    if (options.refuseUpgradeWith !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuseUpgradeWith} No\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { onStream, onRefused } = options;
      const redeem = (token: string, callSid: string): true | null => tokens.redeem(token, callSid);
      void acceptMediaStream(webSocket, {
        clock,
        wire: twilioWire,
        redeem,
        ...(onRefused && { onRefused }),
      }).then((start) => {
        if (start) onStream?.(start);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    voiceUrl: `${origin}/voice`,
    mediaUrl: `${origin.replace('http', 'ws')}/media`,
    requests,
    tokens,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
      }),
  };
}

function signatureOf(request: IncomingMessage): string | undefined {
  const header = request.headers['x-twilio-signature'];
  return typeof header === 'string' ? header : undefined;
}

async function readForm(request: IncomingMessage): Promise<Readonly<Record<string, string>>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}
