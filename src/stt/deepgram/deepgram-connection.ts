import { within, type Clock, type Timer } from '../../clock.js';
import { messageOf, type ProviderError } from '../../errors.js';
import { closeError, deepgramError, HandshakeRefusal, refusalError } from './deepgram-errors.js';
import { KeepAlive } from './keep-alive.js';
import { prepareListenSocket, type ListenSocket, type ListenSocketOptions } from './listen-socket.js';

/** Messages that a provider's connections have carried, for whoever waits until everything under way has arrived. */
export interface WireCount {
  sent: number;
  received: number;
}

export interface DeepgramConnectionOptions extends ListenSocketOptions {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** Audio that may wait in the process for the line to take it; beyond that the connection counts as stuck. */
  readonly maxBufferedBytes: number;
  readonly wire: WireCount;
  readonly onOpen: () => void;
  readonly onMessage: (message: unknown) => void;
  /** The connection is lost, or never came about. At most once, and never after `close()`. */
  readonly onFailure: (error: ProviderError) => void;
}

/** Deepgram has this long to say goodbye before the connection is cut. */
const farewellMs = 500;

/** One connection to Deepgram: it opens once, and when it fails it stays so. Starts with {@link open}. */
export class DeepgramConnection {
  readonly #options: DeepgramConnectionOptions;
  readonly #keepAlive: KeepAlive;
  #socket: ListenSocket | null = null;
  #connectTimer: Timer | null = null;
  #state: 'new' | 'connecting' | 'open' | 'down' = 'new';

  constructor(options: DeepgramConnectionOptions) {
    this.#options = options;
    this.#keepAlive = new KeepAlive(options.clock, () => this.#send((socket) => socket.sendKeepAlive?.()));
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  open(): void {
    const { clock, connectTimeoutMs } = this.#options;
    this.#state = 'connecting';
    this.#connectTimer = clock.setTimer(connectTimeoutMs, () =>
      this.#fail(deepgramError('timeout', `Deepgram did not answer within ${connectTimeoutMs} ms.`)),
    );
    prepareListenSocket(this.#options).then(
      (socket) => this.#connect(socket),
      (thrown: unknown) =>
        this.#fail(
          deepgramError('internal', `Deepgram's SDK cannot open a stream: ${messageOf(thrown)}`, thrown),
        ),
    );
  }

  /** Sends audio. Only while {@link isOpen}; an empty message would end the stream, so there must be some. */
  sendAudio(bytes: Uint8Array): void {
    this.#keepAlive.audioSent();
    this.#send(({ sdk }) => sdk.sendMedia(bytes));
    if ((this.#socket?.transport()?.bufferedBytes ?? 0) > this.#options.maxBufferedBytes)
      this.#fail(deepgramError('connection', 'Deepgram takes no more audio: the connection is stuck.'));
  }

  /** Asks for the final of all the audio so far. */
  sendFinalRequest(): void {
    this.#send((socket) => socket.sendFinalRequest());
  }

  /** Says goodbye and resolves when the connection is down, by force if need be. Idempotent. */
  async close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    if (wasOpen) this.#send(({ sdk }) => sdk.sendCloseStream({ type: 'CloseStream' }));
    this.#goDown();
    const transport = this.#socket?.transport();
    if (transport && wasOpen) await within(this.#options.clock, farewellMs, transport.closed);
    this.#release();
    await transport?.closed;
  }

  #connect(socket: ListenSocket): void {
    if (this.#state !== 'connecting') return;
    this.#socket = socket;
    const { sdk } = socket;
    sdk.on('open', () => this.#opened());
    sdk.on('message', (message) => {
      this.#options.wire.received++;
      if (this.#state === 'open') this.#options.onMessage(message);
    });
    sdk.on('error', (error) => this.#fail(connectionError(socket.transport()?.failure ?? error)));
    sdk.on('close', ({ code, reason }) => this.#fail(closeError(code, reason ?? '', this.#options.apiKey)));
    sdk.connect();
  }

  #opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#connectTimer?.cancel();
    if (this.#socket?.sendKeepAlive) this.#keepAlive.start();
    this.#options.onOpen();
  }

  /** The SDK throws where the socket has just gone; the event that says so is on its way. */
  #send(say: (socket: ListenSocket) => void): void {
    if (this.#state !== 'open' || !this.#socket?.transport()?.isOpen()) return;
    say(this.#socket);
    this.#options.wire.sent++;
  }

  #fail(error: ProviderError): void {
    if (this.#state === 'down') return;
    this.#goDown();
    this.#release();
    this.#options.onFailure(error);
  }

  #goDown(): void {
    this.#state = 'down';
    this.#connectTimer?.cancel();
    this.#keepAlive.stop();
  }

  /** Takes everything down, and the SDK's timer with it. */
  #release(): void {
    this.#socket?.transport()?.terminate();
    this.#socket?.sdk.close();
  }
}

function connectionError(failure: Error): ProviderError {
  if (failure instanceof HandshakeRefusal) return refusalError(failure);
  return deepgramError('connection', `There is no connection to Deepgram: ${failure.message}`, failure);
}
