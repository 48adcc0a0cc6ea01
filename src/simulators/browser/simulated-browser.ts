import { createOpusDecoder } from '../../audio/opus-decoder.js';
import { createOpusEncoder } from '../../audio/opus-encoder.js';
import type { Clock } from '../../core/clock.js';
import { messageOf, TransportError } from '../../core/errors.js';
import { offerConnection, type OfferedConnection } from '../../transport/webrtc/offering-peer.js';
import type { OfferRequest } from '../../transport/webrtc/page-protocol.js';
import type {
  CallEnd,
  Caller,
  CallFault,
  CallRecording,
  Playout,
  Uplink,
  WireCount,
} from '../../replay/caller.js';
import { RoughNetwork, type RoughNetworkOptions } from './rough-network.js';
import { postOffer, withdrawOffer } from './simulated-browser-offer.js';
import {
  browserRateHz,
  SimulatedBrowserStream,
  type BrowserLinkParts,
  type BrowserStreamListener,
} from './simulated-browser-stream.js';

/** Callbacks during a call; all are optional. */
export interface SimulatedBrowserListener extends BrowserStreamListener {
  /** The connection is up. */
  onAnswered?(): void;
  onEnded?(end: CallEnd): void;
}

export interface BrowserCallOptions {
  /** The relay's origin. */
  readonly relayUrl: string;
  readonly clock: Clock;
  /** The token of a guarded relay. */
  readonly token?: string;
  /** Loss and jitter of the visitor's voice. @default none */
  readonly network?: RoughNetworkOptions;
  /** Cancels or leaves the call. */
  readonly signal?: AbortSignal;
  readonly listener?: SimulatedBrowserListener;
}

const loopbackHosts = new Set(['localhost', '127.0.0.1']);

/**
 * A visitor who calls from a page: offer, answer, ICE, DTLS, Opus over SRTP, and the page's side of the data channel. It
 * takes time only from the injected clock, but the connection comes up in real time. `wire` and `waitsForRelay` tell a test
 * on virtual time when nothing is pending.
 */
export class SimulatedBrowser implements Caller {
  readonly sampleRateHz = browserRateHz;
  /** Resolves when the call is over; never rejects. */
  readonly ended: Promise<CallEnd>;
  readonly #options: BrowserCallOptions;
  readonly #hangUp = new AbortController();
  #callId: string | null = null;
  #stream: SimulatedBrowserStream | null = null;
  #connecting = false;
  /** With it the page comes back after its connection was lost. */
  #token: string | null = null;
  /** The call's id for requests; null before the relay's answer. */
  #secretId: string | null = null;
  #resolveEnded: (end: CallEnd) => void = () => undefined;
  #onAnswered: () => void = () => undefined;

  /** Does not connect yet; call {@link dial}. */
  constructor(options: BrowserCallOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get callId(): string | null {
    return this.#callId;
  }

  /** Whether the connection came up. */
  get answered(): boolean {
    return this.#stream !== null;
  }

  get wire(): WireCount {
    return this.#stream?.wire ?? { sent: 0, received: 0 };
  }

  get waitsForRelay(): boolean {
    return this.#connecting || (this.#stream?.waitsForRelay ?? false);
  }

  get playout(): Playout {
    return this.#requireStream().playout;
  }

  /** Faults of the relay that would have confused a page. */
  get faults(): readonly CallFault[] {
    return this.#stream?.faults ?? [];
  }

  say(samples: Int16Array): Promise<void> {
    return this.#requireStream().say(samples);
  }

  setUplink(uplink: Uplink): void {
    this.#requireStream().setUplink(uplink);
  }

  /** Sends a typed turn. Throws a TransportError if the data channel is not open. */
  type(text: string): void {
    if (!this.#requireStream().type(text)) throw new TransportError('The data channel is not open.');
  }

  hangUp(): Promise<CallEnd> {
    this.#hangUp.abort(new TransportError('The caller hung up.'));
    return this.ended;
  }

  get isAway(): boolean {
    return this.#stream?.isDropped ?? false;
  }

  /**
   * Loses the connection, as when the visitor's network changes. The page notices, and asks the relay for another one
   * `afterMs` later.
   */
  dropConnection({ afterMs = 0 }: { readonly afterMs?: number } = {}): void {
    this.#requireStream().drop();
    if (afterMs === 0) void this.#comeBack();
    else this.#options.clock.setTimer(afterMs, () => void this.#comeBack());
  }

  /** Closes the connection without a goodbye, like a page that is closed. Resolves when the call is over. */
  vanish(): Promise<CallEnd> {
    this.#stream?.vanish();
    return this.hangUp();
  }

  recording(): CallRecording {
    return this.#requireStream().recording();
  }

  async dial(): Promise<void> {
    const { signal, listener } = this.#options;
    const onAbort = (): void => this.#hangUp.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const answered = new Promise<void>((resolve) => {
      this.#onAnswered = resolve;
    });
    const over = this.#run().then((end) => {
      signal?.removeEventListener('abort', onAbort);
      this.#resolveEnded(end);
      listener?.onEnded?.(end);
      return end;
    });
    await Promise.race([answered, over]);
    if (this.answered) return;
    const { how, error } = await over;
    if (error) throw error;
    if (how === 'caller_hung_up') throw this.#hangUp.signal.reason;
  }

  async #run(): Promise<CallEnd> {
    try {
      this.#connecting = true;
      const stream = await this.#connect().finally(() => (this.#connecting = false));
      return 'reason' in stream ? { how: 'rejected', reason: stream.reason } : await this.#talk(stream);
    } catch (thrown) {
      if (this.#hangUp.signal.aborted) return { how: 'caller_hung_up' };
      const error = thrown instanceof Error ? thrown : new TransportError(messageOf(thrown));
      return { how: 'failed', error };
    }
  }

  /** Begins the call. Resolves with a reason if the relay takes no call. */
  async #connect(): Promise<SimulatedBrowserStream | { readonly reason: string }> {
    const { listener = {} } = this.#options;
    const link = await this.#link();
    return 'connection' in link ? new SimulatedBrowserStream({ ...link, listener }) : link;
  }

  /** Goes on with the call over another connection. */
  async #comeBack(): Promise<void> {
    const stream = this.#requireStream();
    if (this.#hangUp.signal.aborted) return;
    if (this.#token === null) {
      stream.end(new TransportError('The relay gave no token to come back with.'));
      return;
    }
    this.#connecting = true;
    try {
      const link = await this.#link({ token: this.#token, eventsSeen: stream.eventsSeen });
      if ('connection' in link) stream.reattach(link);
      else stream.end();
    } catch (thrown) {
      stream.end(thrown instanceof Error ? thrown : new TransportError(messageOf(thrown)));
    } finally {
      this.#connecting = false;
    }
  }

  /** Brings a connection up. Resolves with a reason if the relay takes no call, or no longer has the one to go on with. */
  async #link(resume?: OfferRequest['resume']): Promise<BrowserLinkParts | { readonly reason: string }> {
    const { relayUrl, clock, token, network } = this.#options;
    const { signal } = this.#hangUp;
    // A relay on this machine needs no other network.
    const isLocal = loopbackHosts.has(new URL(relayUrl).hostname);
    const offered = await offerConnection({ clock, ...(isLocal && { bindAddress: '127.0.0.1' }) });
    const { connection } = offered;
    const relay = { relayUrl, clock, token };
    let secretId: string | null = null;
    const onAbort = (): void => connection.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const outcome = await postOffer(relay, { sdp: offered.offer, ...(resume && { resume }) }, signal);
      if (outcome.type !== 'answer') {
        connection.close();
        return { reason: outcome.type === 'busy' ? outcome.reason : 'The call is over.' };
      }
      this.#callId = outcome.callId;
      this.#token = outcome.resume ?? null;
      secretId = this.#secretId = outcome.id;
      // Load both codecs while the connection comes up.
      const codecs = Promise.all([
        createOpusEncoder({ sampleRateHz: browserRateHz }),
        createOpusDecoder({ sampleRateHz: browserRateHz }),
      ]);
      // If the connection fails, report that error instead.
      codecs.catch(() => undefined);
      await up(offered, outcome.sdp);
      const [encoder, decoder] = await codecs;
      signal.throwIfAborted();
      return { connection, clock, encoder, decoder, network: new RoughNetwork(network) };
    } catch (thrown) {
      connection.close();
      if (secretId !== null) await withdrawOffer(relay, secretId);
      throw thrown;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** As a page does: with a goodbye, or by a request where the connection is lost. */
  #leave(stream: SimulatedBrowserStream): void {
    const { relayUrl, clock, token } = this.#options;
    if (stream.isDropped && this.#secretId !== null)
      void withdrawOffer({ relayUrl, clock, token }, this.#secretId).catch(() => undefined);
    stream.hangUp();
  }

  /** Resolves when the call ends; throws if the connection was lost. */
  async #talk(stream: SimulatedBrowserStream): Promise<CallEnd> {
    this.#stream = stream;
    const { signal } = this.#hangUp;
    const onHangUp = (): void => this.#leave(stream);
    signal.addEventListener('abort', onHangUp, { once: true });
    this.#onAnswered();
    this.#options.listener?.onAnswered?.();
    const { by, cause } = await stream.ended;
    signal.removeEventListener('abort', onHangUp);
    if (by === 'network') throw cause ?? new TransportError('The connection to the relay was lost.');
    return { how: by === 'caller' ? 'caller_hung_up' : 'relay_hung_up' };
  }

  #requireStream(): SimulatedBrowserStream {
    if (!this.#stream) throw new TransportError('The call was not answered: there is no connection.');
    return this.#stream;
  }
}

/** Applies the answer and waits for the connection. Rejects with a TransportError if it fails. */
async function up(offered: OfferedConnection, answer: string): Promise<void> {
  const { connection } = offered;
  offered.accept(answer);
  if (await connection.connected) return;
  throw await new Promise<Error>((resolve) => {
    connection.start({
      onRtp: () => undefined,
      onChannelOpen: () => undefined,
      onText: () => undefined,
      onEnd: (_reason, cause) =>
        resolve(cause ?? new TransportError('The relay closed the connection before it was up.')),
    });
  });
}
