/** A visitor's call: carries out the effects of its state machine, and reconnects by itself. */
import type { SessionEvent, SessionEventType } from '../../events/session-event.js';
import {
  callStep,
  idle,
  inCall,
  type CallEffect,
  type CallInput,
  type CallState,
} from '../model/call-state.js';
import type { Failure } from '../model/failures.js';
import { resumeWithinMs } from '../model/resume-within.js';
import type { CallOptions } from './call-options.js';
import { Connection, type ConnectionListener } from './connection.js';
import { EarWatch, type CallStats } from './ear-watch.js';
import { Listeners } from './listeners.js';
import { Microphone } from './microphone.js';
import type { RelayAddress, Resumption } from './offer.js';
import { SoundGraph } from './sound-graph.js';

/** Wait for the network before the page calls again. */
const retryAfterMs = 1500;
/** Wait before the page asks again to go on with a call. */
const resumeAgainAfterMs = 700;
/** Texts kept for a call that is not up yet; the relay takes as many at once. */
const mostUnsaid = 10;

/** How loud both sides are: the root mean square of the last 50 ms; 1 is a full-scale square wave. */
export interface Levels {
  readonly visitor: number;
  readonly agent: number;
}

/** What a call reports besides the events of its session. */
export interface CallReports {
  readonly state: CallState;
  /** Every event of the session. */
  readonly event: SessionEvent;
  /** Something failed. `failureText` puts it into words, with the remedy. The state tells whether the call goes on. */
  readonly problem: Failure;
  /** The microphone in use; null if none is. */
  readonly microphone: Microphone | null;
  /** About twenty times a second for each side. */
  readonly levels: Levels;
}

/** What a listener for this type of event or report gets. */
export type Reported<T> = T extends keyof CallReports
  ? CallReports[T]
  : T extends SessionEventType
    ? SessionEvent<T>
    : never;

/** Made by `connect()`. */
export class BrowserCall {
  readonly #relay: RelayAddress;
  readonly #workletUrl: string | URL | undefined;
  readonly #voice: HTMLAudioElement;
  readonly #listeners = new Listeners();
  readonly #whileOpen = new AbortController();
  #state: CallState = idle;
  /** Aborts the pending work of the current attempt. */
  #attempt = new AbortController();
  /** The wanted microphone, '' for the system's choice; null for none. */
  #deviceId: string | null;
  #muted: boolean;
  #unsaid: string[] = [];
  #microphone: Microphone | null = null;
  #graph: SoundGraph | null = null;
  #connection: Connection | null = null;
  /** The lost connection of a call that should go on. */
  #lost: Connection | null = null;
  #givingUp: number | undefined;
  #resumeWithinMs = resumeWithinMs();
  /** Runs while no attempt is under way. */
  #retry: number | null = null;
  #ears: EarWatch | null = null;
  #levels: Levels = { visitor: 0, agent: 0 };

  constructor({ url, token, microphone = true, muted = false, audio, workletUrl }: CallOptions) {
    this.#relay = { url: folderOf(url), token };
    this.#deviceId = microphone === true ? '' : microphone === false ? null : microphone;
    this.#muted = muted;
    this.#voice = audio ?? new Audio();
    this.#workletUrl = workletUrl;
    const { signal } = this.#whileOpen;
    // Not `unload`, which phones skip: `pagehide` is the last event that every browser sends.
    addEventListener('pagehide', () => this.#leave(), { signal });
    addEventListener('online', () => this.#networkBack(), { signal });
    const { state, effects } = callStep(idle, { type: 'connect' });
    this.#state = state;
    // Not at once: nobody listens yet.
    queueMicrotask(() => {
      if (this.#state === state) this.#enter(state, effects);
    });
  }

  get state(): CallState {
    return this.#state;
  }

  get levels(): Levels {
    return this.#levels;
  }

  /** The browser's delays in the last second; null before the agent was heard. */
  get stats(): CallStats | null {
    return this.#ears?.stats ?? null;
  }

  /** Whether the microphone sends silence. */
  get muted(): boolean {
    return this.#muted;
  }

  /**
   * Calls the listener with each event of this type: of the session (`'turn.end'`), or of the call (`'state'`, `'event'`,
   * `'problem'`, `'microphone'`, `'levels'`). The returned function removes it. What a listener throws is reported as an
   * uncaught error and changes nothing else.
   */
  on<T extends keyof CallReports | SessionEventType>(
    type: T,
    listener: (report: Reported<T>) => void,
  ): () => void {
    return this.#listeners.add(type, listener as (report: unknown) => void);
  }

  /**
   * Sends a typed turn; before the call is up, it waits. After the call it does nothing. The relay takes at most 2000
   * characters.
   */
  say(text: string): void {
    if (this.#state.phase === 'live') this.#connection?.send({ type: 'text', text });
    else if (!inCall(this.#state)) return;
    else if (this.#unsaid.length < mostUnsaid) this.#unsaid.push(text);
    else this.#report('problem', { kind: 'typing_too_fast' });
  }

  /** Mutes the microphone, or unmutes it: `mute(false)`. */
  mute(muted = true): void {
    this.#muted = muted;
    if (this.#microphone) this.#microphone.muted = muted;
  }

  /** Switches to this microphone (a `deviceId`), also during a call that has one. */
  async setMicrophone(deviceId: string): Promise<void> {
    this.#deviceId = deviceId;
    if (!this.#microphone) return;
    const { signal } = this.#attempt;
    const next = await Microphone.open(deviceId);
    // The call has ended, or another choice came later.
    if (signal.aborted || deviceId !== this.#deviceId) {
      if (next instanceof Microphone) next.close();
      return;
    }
    if (!(next instanceof Microphone)) {
      this.#report('problem', next);
      return;
    }
    this.#takeMicrophone(next);
    // A connection that is closed meanwhile has a successor, which takes the new one.
    await this.#connection?.replaceTrack(next.track).catch(() => undefined);
    if (this.#microphone === next) this.#hearVisitor(next);
  }

  /** Starts playback after a click, which some browsers require: they report the problem `playback_blocked`. */
  async play(): Promise<void> {
    try {
      await Promise.all([this.#voice.play(), this.#graph?.resume()]);
    } catch (thrown) {
      // Any other error means that the call ended before playback began.
      if (thrown instanceof DOMException && thrown.name === 'NotAllowedError')
        this.#report('problem', { kind: 'playback_blocked' });
    }
  }

  /** Hangs up and tells the relay. The session's last event may still come. Idempotent. */
  close(): void {
    this.#whileOpen.abort();
    this.#input({ type: 'disconnect' });
  }

  /** Hangs up because the page is closing. */
  #leave(): void {
    this.#connection?.close(true);
    this.close();
  }

  /** The network is back: a call that should go on asks at once. */
  #networkBack(): void {
    if (this.#state.phase === 'resuming' && this.#retry !== null) this.#input({ type: 'retry_due' });
  }

  #report<T extends keyof CallReports>(type: T, report: CallReports[T]): void {
    this.#listeners.tell(type, report);
  }

  #input(input: CallInput): void {
    const { state, effects } = callStep(this.#state, input);
    const changed = state !== this.#state;
    this.#state = state;
    if (changed) this.#enter(state, effects);
    else for (const effect of effects) this.#perform(effect);
  }

  #enter(state: CallState, effects: readonly CallEffect[]): void {
    if (state.phase === 'live')
      for (const text of this.#unsaid.splice(0)) this.#connection?.send({ type: 'text', text });
    if (!inCall(state)) this.#whileOpen.abort();
    this.#report('state', state);
    if (state.phase === 'failed') this.#report('problem', state.failure);
    // What a listener did may have been the end.
    for (const effect of effects) if (this.#state === state) this.#perform(effect);
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
    const wanted = this.#deviceId;
    const asked = wanted === null ? null : Microphone.open(wanted);
    const [microphone, graph] = await Promise.all([asked, SoundGraph.open(this.#workletUrl)]);
    if (signal.aborted) {
      if (microphone instanceof Microphone) microphone.close();
      graph?.close();
      return;
    }
    this.#graph = graph;
    if (microphone instanceof Microphone) this.#takeMicrophone(microphone);
    else if (microphone) this.#report('problem', microphone);
    this.#input({ type: 'microphone_settled' });
    // Another one was chosen meanwhile.
    if (this.#deviceId !== null && this.#deviceId !== wanted) void this.setMicrophone(this.#deviceId);
  }

  /** Offers again for the call whose connection was lost. */
  #resume(): void {
    this.#stopRetry();
    if (!this.#lost) {
      this.#lost = this.#connection;
      const failure = { kind: 'connection_lost' } as const;
      this.#givingUp = setTimeout(() => this.#input({ type: 'gave_up', failure }), this.#resumeWithinMs);
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
        this.#ears?.hearAgent(stream, (agent) => this.#heard({ agent }));
      },
      onEvent: (event) => {
        if (event.type === 'session.start') this.#resumeWithinMs = resumeWithinMs(event.reconnectWindowMs);
        this.#listeners.tell(event.type, event);
        this.#report('event', event);
        if (event.type === 'warning' && event.code === 'typed_flood')
          this.#report('problem', { kind: 'typing_too_fast' });
        // Ignore the end of an earlier call.
        if (event.type === 'session.end' && connection === this.#connection)
          this.#input({ type: 'session_ended', reason: event.reason });
      },
      onFailed: (failure) => this.#input({ type: 'failed', failure }),
      onCallOver: () => this.#input({ type: 'call_over' }),
      onLost: () => this.#input({ type: 'lost', resumable: connection.resume !== null }),
    };
    if (this.#connection !== this.#lost) this.#connection?.drop();
    const connection = Connection.open(this.#relay, microphone?.track ?? null, listener, resumption);
    this.#connection = connection;
    this.#ears?.close();
    this.#ears = EarWatch.start(connection, this.#graph);
    if (microphone) this.#hearVisitor(microphone);
  }

  #hearVisitor(microphone: Microphone): void {
    this.#ears?.hearVisitor(microphone, (visitor) => this.#heard({ visitor }));
  }

  #heard(level: Partial<Levels>): void {
    this.#levels = { ...this.#levels, ...level };
    this.#report('levels', this.#levels);
  }

  #takeMicrophone(microphone: Microphone): void {
    this.#microphone?.close();
    this.#microphone = microphone;
    microphone.muted = this.#muted;
    microphone.onGone = () => this.#report('problem', { kind: 'microphone_missing' });
    this.#report('microphone', microphone);
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
    this.#heard({ visitor: 0, agent: 0 });
    if (!this.#microphone) return;
    this.#microphone.close();
    this.#microphone = null;
    this.#report('microphone', null);
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

/** The folder of the relay's routes, with a slash at its end. Throws a TypeError if the address is none. */
function folderOf(url: string | URL | undefined): string {
  if (url === undefined) return new URL('.', document.baseURI).href;
  const folder = new URL(url, document.baseURI);
  folder.search = folder.hash = '';
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return folder.href;
}
