import type { AudioFormat } from '../../audio/audio-frame.js';
import { webSocketAgent } from '../../network/web-socket-agent.js';
import { fluxRequest, isFlux, novaRequest, type DeepgramRecognition } from './listen-request.js';
import { WebSocketTransport } from './websocket-transport.js';

/** The part that the SDK's two kinds of socket share. */
interface SdkSocket {
  on(event: 'open', callback: () => void): void;
  on(event: 'message', callback: (message: unknown) => void): void;
  on(event: 'close', callback: (event: { readonly code: number; readonly reason?: string }) => void): void;
  on(event: 'error', callback: (error: Error) => void): void;
  connect(): unknown;
  close(): void;
  sendMedia(bytes: Uint8Array): void;
  sendCloseStream(message: { type: 'CloseStream' }): void;
}

/** An SDK socket of either wire; the same method sends the message of its wire. */
export interface ListenSocket {
  readonly sdk: SdkSocket;
  /** The WebSocket below the SDK; null before it begins to connect. */
  transport(): WebSocketTransport | null;
  /** Requests a final for all audio so far. */
  sendFinalRequest(): void;
  /** Null if the wire has no such message. */
  readonly sendKeepAlive: (() => void) | null;
}

export interface ListenSocketOptions {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly recognition: DeepgramRecognition;
  readonly format: AudioFormat;
}

const service = 'wss://api.deepgram.com';

/**
 * Loads the SDK and prepares a socket, which connects at its `connect()`. Throws a ConfigError for an invalid proxy.
 */
export async function prepareListenSocket(options: ListenSocketOptions): Promise<ListenSocket> {
  const { DeepgramClient } = await import('@deepgram/sdk');
  const { apiKey, baseUrl, model, recognition, format } = options;
  const agent = webSocketAgent(baseUrl ?? service);
  let connection: WebSocketTransport | null = null;
  const { listen } = new DeepgramClient({
    apiKey,
    ...(baseUrl !== undefined && { baseUrl }),
    transportFactory: (url, headers) =>
      (connection = WebSocketTransport.open(url, headers, { apiKey, agent })),
  });
  const transport = (): WebSocketTransport | null => connection;
  if (isFlux(model)) {
    const sdk = await listen.v2.connect(fluxRequest(model, recognition, format));
    const sendFinalRequest = (): void => sdk.sendForceEndTurn({ type: 'ForceEndTurn' });
    return { sdk, transport, sendFinalRequest, sendKeepAlive: null };
  }
  const sdk = await listen.v1.connect(novaRequest(model, recognition, format));
  return {
    sdk,
    transport,
    sendFinalRequest: () => sdk.sendFinalize({ type: 'Finalize' }),
    sendKeepAlive: () => sdk.sendKeepAlive({ type: 'KeepAlive' }),
  };
}
