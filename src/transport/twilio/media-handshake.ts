import type { Clock } from '../../clock.js';
import { SocketInbox, type MediaSocket } from './socket-inbox.js';
import { parseTwilioMessage, twilioFormat, type StartMessage } from './twilio-messages.js';

/** The custom parameter that carries the one-time token. */
export const tokenParameter = 'token';

/** A stream that showed a valid token: what the transport needs to take it over. */
export interface TwilioStart<Grant = unknown> {
  readonly streamSid: string;
  readonly callSid: string;
  readonly accountSid: string;
  /** The custom parameters, without the token. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the token stood for. */
  readonly grant: Grant;
  /** The socket, with everything that arrived after `start`. */
  readonly inbox: SocketInbox;
}

/** Why a socket never became a call. */
export type RefusalCode =
  /** Nothing valid within the time. */
  | 'timeout'
  /** Something else than `connected` and then `start`, `media` before `start` included. */
  | 'unexpected_message'
  | 'malformed_message'
  | 'oversize_message'
  /** The token is missing, unknown, spent, expired, or of another call. */
  | 'bad_token'
  | 'unsupported_format'
  /** The peer went away, or the connection failed. */
  | 'disconnected';

export interface AcceptOptions<Grant> {
  readonly clock: Clock;
  /** Time for `connected` and `start`. @default 5000 */
  readonly timeoutMs?: number;
  /** Spends the token of a call: what it stands for, or null if it is not valid. */
  readonly redeem: (token: string, callSid: string) => Grant | null;
  readonly onRefused?: (code: RefusalCode) => void;
}

/** `connected` and `start` are short; whatever is longer is something else. */
const maxHandshakeBytes = 16_384;

/**
 * Waits for a media socket to say what it is: `connected`, then `start` with a valid one-time token, within five
 * seconds. Until then it is nothing, and anything else closes it (1008). Resolves with the stream, or null if it was
 * refused; `onRefused` then says why. Call it in the same tick in which the socket was opened.
 */
export function acceptMediaStream<Grant>(
  socket: MediaSocket,
  options: AcceptOptions<Grant>,
): Promise<TwilioStart<Grant> | null> {
  const { clock, timeoutMs = 5000, redeem, onRefused } = options;
  const inbox = new SocketInbox(socket);
  return new Promise((resolve) => {
    let isConnected = false;
    let isRefused = false;
    const refuse = (code: RefusalCode): void => {
      if (isRefused) return;
      isRefused = true;
      timer.cancel();
      void inbox.close(clock, code === 'oversize_message' ? 1009 : 1008, code);
      onRefused?.(code);
      resolve(null);
    };
    const timer = clock.setTimer(timeoutMs, () => refuse('timeout'));

    const onStart = (start: StartMessage): void => {
      const { streamSid, callSid, accountSid, mediaFormat } = start;
      const isPhoneAudio =
        mediaFormat.encoding === 'audio/x-mulaw' &&
        mediaFormat.sampleRate === twilioFormat.sampleRateHz &&
        mediaFormat.channels === 1;
      if (!isPhoneAudio) {
        refuse('unsupported_format');
        return;
      }
      const { [tokenParameter]: token, ...parameters } = start.customParameters;
      const grant = token === undefined ? null : redeem(token, callSid);
      if (grant === null) {
        refuse('bad_token');
        return;
      }
      timer.cancel();
      // In the same tick, so that a message in the very next frame is held for the transport.
      inbox.hold();
      resolve({ streamSid, callSid, accountSid, parameters, grant, inbox });
    };

    inbox.handOver({
      onMessage(text, bytes) {
        if (isRefused) return;
        if (bytes > maxHandshakeBytes) {
          refuse('oversize_message');
          return;
        }
        const parsed = text === null ? null : parseTwilioMessage(text);
        if (!parsed?.ok) {
          refuse('malformed_message');
        } else if (!isConnected && parsed.message.event === 'connected') {
          isConnected = true;
        } else if (isConnected && parsed.message.event === 'start') {
          onStart(parsed.message);
        } else {
          refuse('unexpected_message');
        }
      },
      onError: (error) => refuse(codeOf(error)),
      onClose: () => refuse('disconnected'),
    });
  });
}

/** What a failure of the socket means; `ws` reports what it cannot read as an error with a code of its own. */
function codeOf(error: Error): RefusalCode {
  const { code } = error as { code?: unknown };
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'oversize_message';
  return typeof code === 'string' && code.startsWith('WS_ERR_') ? 'malformed_message' : 'disconnected';
}
