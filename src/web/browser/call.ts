/** The page's call: carries out the effects of the state machine. */
import type { SessionEvent } from '../../events/session-event.js';
import { callStep, idle, type CallEffect, type CallInput, type CallState } from '../model/call-state.js';
import type { Failure } from '../model/failures.js';
import { Connection, type ConnectionListener } from './connection.js';
import { EarWatch } from './ear-watch.js';
import { Microphone } from './microphone.js';
import type { Resumption } from './offer.js';
import { SoundGraph } from './sound-graph.js';

/** Wait for the network before the page calls again. */
const retryAfterMs = 1500;
/** Wait before the page asks again to go on with a call. */
const resumeAgainAfterMs = 700;
/** The page gives up going on with a call after this time; the relay keeps it for 15 s if not configured otherwise. */
const resumeWithinMs = 20_000;

export interface CallListener {
  onState(state: CallState): void;
  onEvent(event: SessionEvent): void;
  /** Something failed, but the call continues without it. */
  onHindrance(failure: Failure): void;
  /** The microphone in use; null if none is. */
  onMicrophone(microphone: Microphone | null): void;
  /** The visitor's level, about twenty times a second. */
  onLevel(rms: number): void;
}

export class Call {
  readonly #listener: CallListener;
  readonly #voice: HTMLAudioElement;
  #state: CallState = idle;
  /** Aborts the pending work of the current attempt. */
  #attempt = new AbortController();
  #deviceId = '';
  #muted = false;
  #microphone: Microphone | null = null;
  #graph: SoundGraph | null = null;
  #connection: Connection | null = null;
  /** The lost connection of a call that should go on. */
  #lost: Connection | null = null;
  #givingUp: number | undefined;
  /** Runs while no attempt is under way. */
  #retry: number | null = null;
  #ears: EarWatch | null = null;

  /** The agent speaks through `voice`. */
  constructor(voice: HTMLAudioElement, listener: CallListener) {
    this.#voice = voice;
    this.#listener = listener;
  }

  get state(): CallState {
    return this.#state;
  }

  /** Starts a call; does nothing during one. */
  connect(): void {
    this.#input({ type: 'connect' });
  }

  /** Hangs up, and tells the relay. Idempotent. */
  disconnect(): void {
    this.#input({ type: 'disconnect' });
  }

  /** The network is back: a call that should go on asks at once. */
  networkBack(): void {
    if (this.#state.phase === 'resuming' && this.#retry !== null) this.#input({ type: 'retry_due' });
  }

  /** Hangs up because the page is closing. */
  leave(): void {
    this.#connection?.close(true);
    this.disconnect();
  }

  /** Sends a typed turn. */
  type(text: string): void {
    this.#connection?.send({ type: 'text', text });
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    if (this.#microphone) this.#microphone.muted = muted;
  }

  /** Switches to this microphone, also during a call. */
  async useMicrophone(deviceId: string): Promise<void> {
    this.#deviceId = deviceId;
    const connection = this.#connection;
    if (!this.#microphone || !connection) return;
    const next = await Microphone.open(deviceId);
    if (!(next instanceof Microphone)) {
      this.#listener.onHindrance(next);
      return;
    }
    if (connection !== this.#connection) {
      next.close();
      return;
    }
    this.#takeMicrophone(next);
    await connection.replaceTrack(next.track);
    this.#ears?.hearVisitor(next, (rms) => this.#listener.onLevel(rms));
  }

  /** Starts playback after a click, which some browsers require. */
  async play(): Promise<void> {
    try {
      await Promise.all([this.#voice.play(), this.#graph?.resume()]);
    } catch (thrown) {
      // Any other error means that the call ended before playback began.
      if (thrown instanceof DOMException && thrown.name === 'NotAllowedError')
        this.#listener.onHindrance({ kind: 'playback_blocked' });
    }
  }

  #input(input: CallInput): void {
    const { state, effects } = callStep(this.#state, input);
    const changed = state !== this.#state;
    this.#state = state;
    if (changed) this.#listener.onState(state);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: CallEffect): void {
    switch (effect) {
      case 'ask':
        void this.#ask();
        break;
      case 'connect':
        this.#open();
        break;
      case 'resume':
        this.#resume();
        break;
      case 'hang_up':
        this.#hangUp();
        break;
      case 'await_retry':
        this.#awaitRetry();
        break;
    }
  }

  async #ask(): Promise<void> {
    const { signal } = this.#attempt;
    if (!('RTCPeerConnection' in globalThis)) {
      this.#input({ type: 'failed', failure: { kind: 'no_webrtc' } });
      return;
    }
    const [microphone, graph] = await Promise.all([Microphone.open(this.#deviceId), SoundGraph.open()]);
    if (signal.aborted) {
      if (microphone instanceof Microphone) microphone.close();
      graph?.close();
      return;
    }
    this.#graph = graph;
    if (microphone instanceof Microphone) this.#takeMicrophone(microphone);
    else this.#listener.onHindrance(microphone);
    this.#input({ type: 'microphone_settled' });
  }

  /** Offers again for the call whose connection was lost. */
  #resume(): void {
    this.#stopRetry();
    if (!this.#lost) {
      this.#lost = this.#connection;
      const failure = { kind: 'connection_lost' } as const;
      this.#givingUp = setTimeout(() => this.#input({ type: 'gave_up', failure }), resumeWithinMs);
    }
    this.#open(this.#lost?.resume ?? null);
  }

  #open(resumption: Resumption | null = null): void {
    const microphone = this.#microphone;
    const listener: ConnectionListener = {
      onOpen: () => {
        clearTimeout(this.#givingUp);
        this.#lost?.drop();
        this.#lost = null;
        this.#input({ type: 'connected' });
      },
      onStream: (stream) => {
        this.#voice.srcObject = stream;
        void this.play();
        this.#ears?.hearAgent(stream);
      },
      onEvent: (event) => {
        this.#listener.onEvent(event);
        // Ignore the end of an earlier call.
        if (event.type === 'session.end' && connection === this.#connection)
          this.#input({ type: 'session_ended', reason: event.reason });
      },
      onFailed: (failure) => this.#input({ type: 'failed', failure }),
      onCallOver: () => this.#input({ type: 'call_over' }),
      onLost: () => this.#input({ type: 'lost', resumable: connection.resume !== null }),
    };
    if (this.#connection !== this.#lost) this.#connection?.drop();
    const connection = Connection.open(microphone?.track ?? null, listener, resumption);
    this.#connection = connection;
    this.#ears?.close();
    this.#ears = EarWatch.start(connection, this.#graph);
    if (microphone) this.#ears.hearVisitor(microphone, (rms) => this.#listener.onLevel(rms));
  }

  #takeMicrophone(microphone: Microphone): void {
    this.#microphone?.close();
    this.#microphone = microphone;
    microphone.muted = this.#muted;
    microphone.onGone = () => this.#listener.onHindrance({ kind: 'microphone_missing' });
    this.#listener.onMicrophone(microphone);
  }

  #hangUp(): void {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    this.#ears?.close();
    this.#connection?.close();
    this.#lost?.close();
    this.#lost = null;
    clearTimeout(this.#givingUp);
    this.#stopRetry();
    this.#graph?.close();
    this.#voice.srcObject = null;
    this.#ears = this.#connection = this.#graph = null;
    if (!this.#microphone) return;
    this.#microphone.close();
    this.#microphone = null;
    this.#listener.onMicrophone(null);
  }

  #awaitRetry(): void {
    const afterMs = this.#state.phase === 'resuming' ? resumeAgainAfterMs : retryAfterMs;
    this.#stopRetry();
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#input({ type: 'retry_due' });
    }, afterMs);
  }

  #stopRetry(): void {
    clearTimeout(this.#retry ?? undefined);
    this.#retry = null;
  }
}
