import type { Clock } from '../../core/clock.js';
import { SocketInbox, type MediaSocket } from './socket-inbox.js';
import type { MediaStreamWire, StartMessage } from './media-stream-wire.js';

/** The custom parameter that carries the one-time token. */
export const tokenParameter = 'token';

/** An accepted stream: everything that the transport needs to take it over. */
export interface MediaStart<Grant = unknown> {
  readonly streamId: string;
  readonly callId: string;
  /** The custom parameters, without the token. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The grant of the token. */
  readonly grant: Grant;
  /** The socket, with everything that arrived after `start`. */
  readonly inbox: SocketInbox;
}

/** Why a socket was refused. */
export type RefusalCode =
  /** No valid `start` within the timeout. */
  | 'timeout'
  /** A message other than `connected` and then `start`, including `media` before `start`. */
  | 'unexpected_message'
  | 'malformed_message'
  | 'oversize_message'
  /** The token is missing, unknown, spent, expired, or for another call. */
  | 'bad_token'
  | 'unsupported_format'
  /** The peer disconnected, or the connection failed. */
  | 'disconnected';

export interface AcceptOptions<Grant> {
  readonly clock: Clock;
  /** The carrier's message format. */
  readonly wire: MediaStreamWire;
  /** Time for `connected` and `start`. @default 5000 */
  readonly timeoutMs?: number;
  /** Spends a call's token and returns its grant, or null if it is not valid. */
  readonly redeem: (token: string, callId: string) => Grant | null;
  readonly onRefused?: (code: RefusalCode) => void;
}

/** Maximum length of `connected` and `start`. */
const maxHandshakeBytes = 16_384;

/**
 * Waits for the handshake of a media socket: `connected`, then `start` with a valid one-time token, within five
 * seconds. Anything else closes the socket (1008). Resolves with the stream, or with null after `onRefused` gave the
 * reason. Call it in the same tick in which the socket opened.
 */
export function acceptMediaStream<Grant>(
  socket: MediaSocket,
  options: AcceptOptions<Grant>,
): Promise<MediaStart<Grant> | null> {
  const { clock, wire, timeoutMs = 5000, redeem, onRefused } = options;
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
      const { streamId, callId, format } = start;
      const { encoding, sampleRateHz } = wire.format;
      if (format?.encoding !== encoding || format.sampleRateHz !== sampleRateHz) {
        refuse('unsupported_format');
        return;
      }
      const { [tokenParameter]: token, ...parameters } = start.parameters;
      const grant = token === undefined ? null : redeem(token, callId);
      if (grant === null) {
        refuse('bad_token');
        return;
      }
      timer.cancel();
      // Hold in the same tick, so that the next message waits for the transport.
      inbox.hold();
      resolve({ streamId, callId, parameters, grant, inbox });
    };

    inbox.handOver({
      onMessage(text, bytes) {
        if (isRefused) return;
        if (bytes > maxHandshakeBytes) {
          refuse('oversize_message');
          return;
        }
        const parsed = text === null ? null : wire.read(text);
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

/** The refusal for a socket error; `ws` reports unreadable frames as errors with its own codes. */
function codeOf(error: Error): RefusalCode {
  const { code } = error as { code?: unknown };
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'oversize_message';
  return typeof code === 'string' && code.startsWith('WS_ERR_') ? 'malformed_message' : 'disconnected';
}
