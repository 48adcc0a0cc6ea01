import type { Clock, Timer } from '../../../core/clock.js';
import { messageOf, type ProviderError } from '../../../core/errors.js';
import { webSocketAgent } from '../../../network/web-socket-agent.js';
import { ofRequest } from '../../request-id.js';
import { Heartbeat } from '../../heartbeat.js';
import { WebSocketTransport } from '../websocket-transport.js';
import { closedError, connectionError, problemError, voiceError } from './speak-errors.js';
import { SpeakLimits } from './speak-limits.js';
import { close, flush, readSpeakMessage, speak } from './speak-messages.js';

/** The answer that a socket speaks. */
export interface SpeakListener {
  /** The connection is open. `requestId`: what Deepgram calls it, if it tells. */
  onOpen(requestId: string | undefined): void;
  /** So many characters of text were handed to the connection. */
  onSent(characters: number): void;
  onAudio(bytes: Uint8Array): void;
  /** The oldest unanswered flush was answered. */
  onFlushed(): void;
  /** Deepgram warns of something that does not end the answer. */
  onWarning(message: string): void;
  /** The connection has failed; nothing follows. */
  onFailure(error: ProviderError): void;
}

export interface SpeakSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly voice: string;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** Called once, when the connection is closed for any reason. */
  readonly onGone: () => void;
}

/** A connection unused for this long is closed: it counts among those that an account may have. */
const maxIdleMs = 120_000;
/** Deepgram ends every connection after an hour: https://github.com/livekit/agents, `max_session_duration` of its plugin. */
const maxAgeMs = 55 * 60_000;
/** How long to wait for Deepgram's close before the connection is cut. */
const closeTimeoutMs = 500;

/**
 * One connection to Deepgram's voices. It speaks one answer at a time; after an answer that was spoken to its end it is free
 * for the next. It connects at construction.
 */
export class SpeakSocket {
  /** Resolves when it is open, with null, or has failed, with the error. */
  readonly settled: Promise<ProviderError | null>;
  readonly #options: SpeakSocketOptions;
  #limits: SpeakLimits;
  readonly #heartbeat: Heartbeat;
  readonly #startedMs: number;
  #transport: WebSocketTransport | null = null;
  #listener: SpeakListener | null = null;
  /** Texts to send when the connection is open. */
  #unsent: string[] = [];
  #connectTimer: Timer | null = null;
  #idleTimer: Timer | null = null;
  #isDown = false;
  #ignored = 0;
  #onSettled: (error: ProviderError | null) => void = () => undefined;

  constructor(options: SpeakSocketOptions) {
    const { clock, connectTimeoutMs } = options;
    this.#options = options;
    this.#limits = new SpeakLimits(clock);
    this.#startedMs = clock.nowMs();
    this.settled = new Promise((resolve) => {
      this.#onSettled = resolve;
    });
    this.#heartbeat = new Heartbeat({
      clock,
      ping: () => this.#transport?.ping(),
      isSending: () => (this.#transport?.bufferedBytes ?? 0) > 0,
      onDead: () => this.#fail(voiceError('timeout', 'Deepgram answers no pings: the connection is dead.')),
    });
    this.#connectTimer = clock.setTimer(connectTimeoutMs, () =>
      this.#fail(voiceError('timeout', `Deepgram's voice did not answer within ${connectTimeoutMs} ms.`)),
    );
    this.#connect();
    this.#waitIdly();
  }

  /** Number of messages that were ignored: unknown ones, and audio that belongs to no answer. */
  get ignoredMessages(): number {
    return this.#ignored;
  }

  /** Whether an answer is being spoken. */
  get isBusy(): boolean {
    return this.#listener !== null;
  }

  /** Whether a new answer can use it. */
  get isFree(): boolean {
    const ageMs = this.#options.clock.nowMs() - this.#startedMs;
    return !this.#isDown && !this.#listener && this.#limits.isRoomy && ageMs < maxAgeMs;
  }

  /** Begins an answer. */
  lease(listener: SpeakListener): void {
    this.#listener = listener;
    this.#idleTimer?.cancel();
    if (this.#isOpen) listener.onOpen(this.#transport?.requestId);
  }

  /** Whether the connection may be sent a text of this length: Deepgram limits what it takes in a minute. */
  takes(characters: number): boolean {
    return this.#limits.takes(characters);
  }

  /** Has a text spoken, with a flush; it is queued until the connection is open. */
  speak(text: string): void {
    this.#limits.count(text.length);
    if (this.#isOpen) this.#send(text);
    else this.#unsent.push(text);
  }

  /** Ends an answer of which every flush was answered. The connection stays open for the next one. */
  release(): void {
    this.#listener = null;
    if (this.isFree) this.#waitIdly();
    else this.close();
  }

  /** Abandons an answer in its middle. */
  leave(): void {
    if (this.#isOpen || this.#isDown) return this.close();
    // Nothing was sent yet.
    this.#unsent = [];
    this.#limits = new SpeakLimits(this.#options.clock);
    this.release();
  }

  /**
   * Closes the connection, also in the middle of an answer: nothing tells audio that Deepgram still sends after a `Clear`
   * from that of the next text. Idempotent.
   */
  close(): void {
    if (this.#isDown) return;
    const wasOpen = this.#isOpen;
    this.#goDown(voiceError('aborted', 'The connection was closed.'));
    const transport = this.#transport;
    if (!transport || !wasOpen) return transport?.terminate();
    transport.send(close);
    transport.close();
    const timer = this.#options.clock.setTimer(closeTimeoutMs, () => transport.terminate());
    void transport.closed.then(() => timer.cancel());
  }

  get #isOpen(): boolean {
    return !this.#isDown && this.#transport?.isOpen() === true;
  }

  #connect(): void {
    const { url, apiKey, voice } = this.#options;
    try {
      const headers = { authorization: `Token ${apiKey}` };
      const transport = WebSocketTransport.open(url, headers, { apiKey, agent: webSocketAgent(url) });
      this.#transport = transport;
      transport.onOpen(() => this.#opened());
      transport.onPong(() => this.#heartbeat.answered());
      transport.onMessage((message) => this.#take(message));
      transport.onError((error) => this.#fail(connectionError(error, voice)));
      transport.onClose(({ code = 1006, reason = '' }) => this.#fail(closedError(code, reason, apiKey)));
    } catch (thrown) {
      // The URL or the proxy's address is invalid. Report it after the constructor has returned.
      const message = `Deepgram's voice cannot be reached: ${messageOf(thrown)}`;
      queueMicrotask(() => this.#fail(voiceError('bad_request', message, { cause: thrown })));
    }
  }

  #opened(): void {
    if (this.#isDown) return;
    this.#connectTimer?.cancel();
    this.#heartbeat.start();
    this.#onSettled(null);
    this.#listener?.onOpen(this.#transport?.requestId);
    for (const text of this.#unsent.splice(0)) this.#send(text);
  }

  #send(text: string): void {
    this.#transport?.send(speak(text));
    this.#transport?.send(flush);
    this.#listener?.onSent(text.length);
  }

  #take(message: unknown): void {
    if (this.#isDown) return;
    this.#heartbeat.heard();
    if (typeof message !== 'string') {
      if (this.#listener && message instanceof Uint8Array) this.#listener.onAudio(message);
      else this.#ignored++;
      return;
    }
    const read = readSpeakMessage(message);
    if (read === 'unknown') this.#ignored++;
    else if (read === 'ignored') return;
    else if (read.type === 'Flushed') this.#flushed();
    // The flush was refused, so its text would never be spoken.
    else if (read.type === 'Error' || read.code === 'EXCESSIVE_FLUSH')
      this.#fail(problemError(read, this.#options.apiKey));
    else this.#listener?.onWarning(problemError(read, this.#options.apiKey).message);
  }

  #flushed(): void {
    if (this.#listener) this.#listener.onFlushed();
    else this.#ignored++;
  }

  #waitIdly(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#options.clock.setTimer(maxIdleMs, () => this.close());
  }

  #fail(error: ProviderError): void {
    if (this.#isDown) return;
    const listener = this.#listener;
    const identified = ofRequest(error, this.#transport?.requestId);
    this.#goDown(identified);
    this.#transport?.terminate();
    listener?.onFailure(identified);
  }

  #goDown(error: ProviderError): void {
    this.#isDown = true;
    this.#listener = null;
    this.#unsent = [];
    this.#connectTimer?.cancel();
    this.#idleTimer?.cancel();
    this.#heartbeat.stop();
    this.#onSettled(error);
    this.#options.onGone();
  }
}
