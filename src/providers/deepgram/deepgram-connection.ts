import { within, type Clock, type Timer } from '../../core/clock.js';
import { messageOf, type ProviderError } from '../../core/errors.js';
import { closeError, deepgramError, HandshakeRefusal, refusalError } from './deepgram-errors.js';
import { requestIdIn } from './deepgram-messages.js';
import { ofRequest, requestIdOf } from '../request-id.js';
import { Heartbeat } from '../heartbeat.js';
import { KeepAlive } from './keep-alive.js';
import { prepareListenSocket, type ListenSocket, type ListenSocketOptions } from './listen-socket.js';

/**
 * Counts of messages on a provider's connections, pings and pongs included, for code that waits until all messages have
 * arrived.
 */
export interface WireCount {
  sent: number;
  received: number;
}

export interface DeepgramConnectionOptions extends ListenSocketOptions {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** How much audio may be buffered in this process; beyond that the connection counts as stuck. */
  readonly maxBufferedBytes: number;
  readonly wire: WireCount;
  readonly onOpen: () => void;
  /** What Deepgram calls the connection, once, where it tells. */
  readonly onRequestId: (requestId: string) => void;
  readonly onMessage: (message: unknown) => void;
  /** The connection was lost or could not be opened. Called at most once, and never after `close()`. */
  readonly onFailure: (error: ProviderError) => void;
}

/** How long to wait for Deepgram's close before the connection is cut. */
const closeTimeoutMs = 500;

/** One connection to Deepgram. It opens once, with {@link open}, and never reconnects. */
export class DeepgramConnection {
  readonly #options: DeepgramConnectionOptions;
  readonly #keepAlive: KeepAlive;
  readonly #heartbeat: Heartbeat;
  #socket: ListenSocket | null = null;
  /** Resolves when the socket is prepared, or has failed to be. */
  #prepared: Promise<void> = Promise.resolve();
  #connectTimer: Timer | null = null;
  #requestId: string | undefined;
  #state: 'new' | 'connecting' | 'open' | 'down' = 'new';

  constructor(options: DeepgramConnectionOptions) {
    this.#options = options;
    this.#keepAlive = new KeepAlive(options.clock, () => this.#send((socket) => socket.sendKeepAlive?.()));
    this.#heartbeat = new Heartbeat({
      clock: options.clock,
      ping: () => this.#send((socket) => socket.transport()?.ping()),
      isSending: () => (this.#socket?.transport()?.bufferedBytes ?? 0) > 0,
      onDead: () =>
        this.#fail(deepgramError('timeout', 'Deepgram answers no pings: the connection is dead.')),
    });
  }

  /** Whether a check of the connection is pending; its result is known within a second. */
  get isInDoubt(): boolean {
    return this.#heartbeat.isInDoubt;
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
    this.#prepared = prepareListenSocket(this.#options).then(
      (socket) => this.#connect(socket),
      (thrown: unknown) =>
        this.#fail(
          deepgramError('internal', `Deepgram's SDK cannot open a stream: ${messageOf(thrown)}`, thrown),
        ),
    );
  }

  /** Sends audio. Call it only while {@link isOpen}, and never with an empty array, which would end the stream. */
  sendAudio(bytes: Uint8Array): void {
    this.#keepAlive.audioSent();
    this.#send(({ sdk }) => sdk.sendMedia(bytes));
    if ((this.#socket?.transport()?.bufferedBytes ?? 0) > this.#options.maxBufferedBytes)
      this.#fail(deepgramError('connection', 'Deepgram takes no more audio: the connection is stuck.'));
  }

  /** Requests a final for all audio so far. */
  sendFinalRequest(): void {
    this.#send((socket) => socket.sendFinalRequest());
  }

  /** Checks the connection with a ping; without an answer it fails within a second. */
  check(): void {
    if (this.#state === 'open') this.#heartbeat.check();
  }

  /**
   * Closes the stream and resolves when the connection is closed; cuts it if Deepgram does not close it in time.
   * Idempotent.
   */
  async close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    if (wasOpen) this.#send(({ sdk }) => sdk.sendCloseStream({ type: 'CloseStream' }));
    this.#goDown();
    if (!this.#socket) await this.#prepared;
    const transport = this.#socket?.transport();
    if (transport && wasOpen) await within(this.#options.clock, closeTimeoutMs, transport.closed);
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
      this.#heartbeat.heard();
      if (this.#state !== 'open') return;
      if (this.#requestId === undefined) this.#identify(requestIdIn(message));
      this.#options.onMessage(message);
    });
    sdk.on('error', (error) => this.#fail(this.#connectionError(socket.transport()?.failure ?? error)));
    sdk.on('close', ({ code, reason }) => this.#fail(closeError(code, reason ?? '', this.#options.apiKey)));
    sdk.connect();
  }

  #opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#connectTimer?.cancel();
    if (this.#socket?.sendKeepAlive) this.#keepAlive.start();
    this.#socket?.transport()?.onPong(() => {
      this.#options.wire.received++;
      this.#heartbeat.answered();
    });
    this.#heartbeat.start();
    this.#identify(this.#socket?.transport()?.requestId);
    this.#options.onOpen();
  }

  /** Messages tell it too, where a proxy keeps the header to itself. */
  #identify(told: string | undefined): void {
    const requestId = requestIdOf(told, this.#options.apiKey);
    if (requestId === undefined) return;
    this.#requestId = requestId;
    this.#options.onRequestId(requestId);
  }

  /** The SDK throws if the socket has just closed, so check first; the close event follows. */
  #send(say: (socket: ListenSocket) => void): void {
    if (this.#state !== 'open' || !this.#socket?.transport()?.isOpen()) return;
    say(this.#socket);
    this.#options.wire.sent++;
  }

  #fail(error: ProviderError): void {
    if (this.#state === 'down') return;
    this.#goDown();
    this.#release();
    this.#options.onFailure(this.identified(error));
  }

  /** The error, with the id of this connection where it is known. */
  identified(error: ProviderError): ProviderError {
    return ofRequest(error, this.#requestId);
  }

  #goDown(): void {
    this.#state = 'down';
    this.#connectTimer?.cancel();
    this.#keepAlive.stop();
    this.#heartbeat.stop();
  }

  /** Terminates the socket and stops the SDK's timer. */
  #release(): void {
    this.#socket?.transport()?.terminate();
    this.#socket?.sdk.close();
  }

  #connectionError(failure: Error): ProviderError {
    const { model, recognition } = this.#options;
    if (failure instanceof HandshakeRefusal)
      return ofRequest(refusalError(failure, { model, language: recognition.language }), failure.requestId);
    return deepgramError('connection', `There is no connection to Deepgram: ${failure.message}`, failure);
  }
}
