import type { AudioFormat } from '../../audio/audio-frame.js';
import { fluxRequest, isFlux, novaRequest, type DeepgramRecognition } from './listen-request.js';
import { WebSocketTransport } from './websocket-transport.js';

/** What both of the SDK's sockets have in common. */
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

/** An SDK socket of either wire, with the messages that differ brought under one name. */
export interface ListenSocket {
  readonly sdk: SdkSocket;
  /** The connection below, from when it is being made. */
  transport(): WebSocketTransport | null;
  /** Asks for the final of all the audio so far. */
  sendFinalRequest(): void;
  /** Null where the wire has no such message. */
  readonly sendKeepAlive: (() => void) | null;
}

export interface ListenSocketOptions {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly recognition: DeepgramRecognition;
  readonly format: AudioFormat;
}

/** Loads the SDK and prepares a socket; it connects when its `connect()` is called. */
export async function prepareListenSocket(options: ListenSocketOptions): Promise<ListenSocket> {
  const { DeepgramClient } = await import('@deepgram/sdk');
  const { apiKey, baseUrl, model, recognition, format } = options;
  let connection: WebSocketTransport | null = null;
  const { listen } = new DeepgramClient({
    apiKey,
    ...(baseUrl !== undefined && { baseUrl }),
    transportFactory: (url, headers) => (connection = WebSocketTransport.open(url, headers, apiKey)),
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
