/**
 * One connection to the relay: offer and answer, the data channel, the audio of both sides. It ends exactly once.
 */
import type { SessionEvent } from '../../events/session-event.js';
import {
  pageChannelLabel,
  syncEveryMs,
  type PageMessage,
  type RelayMessage,
} from '../../transport/webrtc/page-protocol.js';
import type { Failure } from '../model/failures.js';
import { noPathFailure } from '../model/no-path.js';
import { deleteCall, postOffer, type RelayAddress, type Resumption } from './offer.js';

/** Without ICE servers all candidates are known at once; a slow network interface must not delay the call. */
const gatheringMs = 500;
/** Time-out from the answer to the open data channel. */
const connectingMs = 10_000;
/** Time-out of one attempt to go on with a call, from the offer. */
const resumingMs = 5000;
/** A relay that has sent no clock message for this long is gone; ICE alone would need half a minute to notice. */
const silentMs = 3.5 * syncEveryMs;
/** How often the page looks. */
const lookEveryMs = 250;

/** Wait for the relay's last message after the goodbye. */
const farewellMs = 500;

export interface ConnectionListener {
  onOpen(): void;
  /** The agent's voice. */
  onStream(stream: MediaStream): void;
  onEvent(event: SessionEvent): void;
  /** The connection failed to open. The last callback. */
  onFailed(failure: Failure): void;
  /** The relay no longer has the call that should go on. The last callback. */
  onCallOver(): void;
  /** The open connection was lost. The last callback; {@link Connection.resume} may go on with the call. */
  onLost(): void;
}

export class Connection {
  readonly #relay: RelayAddress;
  readonly #listener: ConnectionListener;
  readonly #peer: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #sender: RTCRtpSender;
  readonly #closing = new AbortController();
  readonly #resumption: Resumption | null;
  #id: string | null = null;
  #token: string | null = null;
  /** The number of the last event. */
  #events: number;
  #answer = '';
  #opened = false;
  /** When the relay last sent something; its silence counts from then on. */
  #heardMs = Infinity;

  private constructor(
    relay: RelayAddress,
    track: MediaStreamTrack | null,
    listener: ConnectionListener,
    resumption: Resumption | null,
  ) {
    this.#relay = relay;
    this.#listener = listener;
    this.#resumption = resumption;
    this.#events = resumption?.eventsSeen ?? 0;
    this.#peer = new RTCPeerConnection();
    this.#channel = this.#peer.createDataChannel(pageChannelLabel);
    const { sender } = this.#peer.addTransceiver(track ?? 'audio', {
      direction: track ? 'sendrecv' : 'recvonly',
    });
    this.#sender = sender;
  }

  /**
   * Connects, and reports the outcome to the listener; without a track the page only listens and types. Close it with
   * {@link close}.
   */
  static open(
    relay: RelayAddress,
    track: MediaStreamTrack | null,
    listener: ConnectionListener,
    resumption: Resumption | null = null,
  ): Connection {
    const connection = new Connection(relay, track, listener, resumption);
    connection.#watch();
    void connection.#connect();
    return connection;
  }

  /**
   * How to go on with the call after the connection was lost; null if the relay cannot. Keep the lost connection until
   * another one is up, then {@link drop} it: the relay might take its end for the end of the call.
   */
  get resume(): Resumption | null {
    const { token = null } = this.#resumption ?? {};
    const latest = this.#opened ? this.#token : token;
    return latest === null ? null : { token: latest, eventsSeen: this.#events };
  }

  /** Closes a connection whose call goes on over another. */
  drop(): void {
    this.#closing.abort();
    this.#peer.close();
  }

  /** Sends a message, if the channel is open. */
  send(message: PageMessage): void {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(message));
  }

  /** Switches the microphone track. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    await this.#sender.replaceTrack(track);
  }

  statistics(): Promise<RTCStatsReport> {
    return this.#peer.getStats();
  }

  /**
   * Says goodbye and hangs up. Afterwards only the session's end is reported, if the relay sends it in time. Idempotent.
   * `abruptly`: by an HTTP request, because the page is closing or the connection is dead.
   */
  close(abruptly = false): void {
    if (this.#closing.signal.aborted) {
      // It was lost, and the call does not go on.
      if (this.#id !== null && this.#peer.connectionState !== 'closed') deleteCall(this.#relay, this.#id);
      this.#peer.close();
      return;
    }
    this.#closing.abort();
    const { readyState } = this.#channel;
    this.send({ type: 'bye' });
    if (readyState === 'open' && !abruptly) {
      this.#awaitFarewell();
      return;
    }
    // The relay already knows if it closed the channel itself.
    if (this.#id !== null && (readyState === 'open' || readyState === 'connecting'))
      deleteCall(this.#relay, this.#id);
    this.#peer.close();
  }

  /** Waits for the relay's last message, the session's end, after which the relay closes the channel. */
  #awaitFarewell(): void {
    const over = new AbortController();
    const { signal } = over;
    const done = (): void => {
      over.abort();
      this.#peer.close();
    };
    this.#channel.addEventListener(
      'message',
      ({ data }: MessageEvent<string>) => {
        const message = JSON.parse(data) as RelayMessage;
        if (message.type === 'event') this.#listener.onEvent(message.event);
      },
      { signal },
    );
    this.#channel.addEventListener('close', done, { signal });
    after(farewellMs, signal, done);
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    try {
      await this.#peer.setLocalDescription();
      await gathered(this.#peer, signal);
      if (this.#resumption)
        after(resumingMs, signal, () => {
          if (!this.#opened) this.#fail({ kind: 'relay_gone' });
        });
      const { sdp = '' } = this.#peer.localDescription ?? {};
      const answer = await postOffer(this.#relay, sdp, this.#resumption, signal);
      if (signal.aborted) {
        if (answer !== 'call_over' && 'id' in answer && !this.#resumption) deleteCall(this.#relay, answer.id);
        return;
      }
      if (answer === 'call_over') {
        this.drop();
        this.#listener.onCallOver();
        return;
      }
      if ('kind' in answer) {
        this.#fail(answer);
        return;
      }
      this.#id = answer.id;
      this.#token = answer.resume ?? null;
      this.#answer = answer.sdp;
      await this.#peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
      after(connectingMs, signal, () => {
        if (!this.#opened) this.#failWithoutPath();
      });
    } catch (thrown) {
      if (!signal.aborted) this.#fail({ kind: 'relay_refused', detail: String(thrown) });
    }
  }

  #watch(): void {
    const { signal } = this.#closing;
    const once = { signal };
    this.#peer.addEventListener(
      'track',
      ({ streams, track }) => this.#listener.onStream(streams[0] ?? new MediaStream([track])),
      once,
    );
    this.#peer.addEventListener(
      'connectionstatechange',
      () => {
        if (this.#peer.connectionState !== 'failed') return;
        if (this.#opened) this.#lose();
        else this.#failWithoutPath();
      },
      once,
    );
    this.#channel.addEventListener(
      'open',
      () => {
        this.#opened = true;
        // A session that is made slowly is no silence; a call that goes on has its session.
        if (this.#resumption) this.#heardMs = performance.now();
        this.#listener.onOpen();
      },
      once,
    );
    this.#channel.addEventListener('close', () => this.#lose(), once);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<string>) => this.#take(data), once);
    const heartbeat = setInterval(() => {
      if (this.#opened && performance.now() - this.#heardMs > silentMs) this.#lose();
    }, lookEveryMs);
    signal.addEventListener('abort', () => clearInterval(heartbeat));
  }

  #take(text: string): void {
    const receivedPageMs = performance.now();
    this.#heardMs = receivedPageMs;
    const message = JSON.parse(text) as RelayMessage;
    if (message.type === 'sync')
      this.send({ type: 'sync', id: message.id, receivedPageMs, sentPageMs: performance.now() });
    else {
      this.#events = message.number;
      this.#listener.onEvent(message.event);
    }
  }

  #failWithoutPath(): void {
    this.#fail(noPathFailure(this.#peer.localDescription?.sdp ?? '', this.#answer));
  }

  #fail(failure: Failure): void {
    if (this.#closing.signal.aborted) return;
    if (this.#resumption) this.drop();
    else this.close();
    this.#listener.onFailed(failure);
  }

  #lose(): void {
    if (this.#closing.signal.aborted) return;
    if (this.resume) this.#closing.abort();
    else this.close(true);
    this.#listener.onLost();
  }
}

/** Resolves when all candidates are in the local description, or after the time-out. */
function gathered(peer: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (peer.iceGatheringState === 'complete') resolve();
    };
    peer.addEventListener('icegatheringstatechange', look, { signal });
    after(gatheringMs, signal, resolve);
    look();
  });
}

/** Calls back once after this time; the signal cancels it. */
function after(ms: number, signal: AbortSignal, callback: () => void): void {
  const timer = setTimeout(callback, ms);
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}
