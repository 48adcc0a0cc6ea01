/**
 * A relay answers calls: it listens for phones and browsers, gives each call its session, and publishes their events.
 * Sessions share only providers, with their workers and connections, so a failing session does not affect the others.
 */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { systemClock, wallMsOf, within, type Clock } from '../core/clock.js';
import { ConfigError, InvalidStateError, messageOf, type ConfigProblem } from '../core/errors.js';
import { EventBus, type EventListener, type Subscribed, type Subscription } from '../events/event-bus.js';
import type { SessionEndReason } from '../events/session-event.js';
import type { Session } from '../session/session.js';
import type { SessionTrace } from '../session/trace/session-trace.js';
import { transportOf, type TransportType } from '../transport/registry.js';
import type { Transport } from '../transport/transport.js';
import { AccessPolicy, isAnyAddress } from './http/access.js';
import { Admission } from './admission.js';
import type { RelaySessionConfig, SessionConfig } from './config/config.js';
import { CallHistory } from './call-history.js';
import { CallOutcomes } from './call-outcomes.js';
import type { HttpServer } from './http/http-server.js';
import { listenError } from './http/listen-error.js';
import { CallRecorder } from './recording/call-recorder.js';
import { RefusalLog } from './http/refusal-log.js';
import type { RelayContext } from './relay-context.js';
import {
  parsePublicUrl,
  resolveRelayOptions,
  type IncomingCall,
  type RelayNotice,
  type RelayOptions,
  type ResolvedRelayOptions,
} from './relay-options.js';
import type { Reservation } from './reserved-places.js';
import { SessionMaker } from './session-maker.js';
import type { SessionDirectory, SessionSnapshot } from './session-directory.js';
import { snapshot } from './session-snapshot.js';

interface LiveSession {
  readonly session: Session;
  readonly call: IncomingCall;
}

/** Longest wait for a directory to take the last state of a call. */
const publishWithinMs = 5000;

export class Relay implements RelayContext {
  readonly access: AccessPolicy;
  readonly options: ResolvedRelayOptions;
  readonly clock: Clock;
  readonly directory: SessionDirectory;
  readonly refusals: RefusalLog;
  readonly history: CallHistory;
  readonly #sessionMaker: SessionMaker;
  readonly #admission: Admission;
  readonly #bus: EventBus;
  readonly #live = new Map<string, LiveSession>();
  readonly #outcomes: CallOutcomes;
  readonly #recorder: CallRecorder;
  /** Ended calls whose connection or carrier request is still pending. */
  readonly #departing = new Set<Promise<unknown>>();
  #http: HttpServer | null = null;
  #port = 0;
  #listening: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Called when no session waits or is in a call. */
  onIdle: (() => void) | null = null;

  constructor(options: RelayOptions = {}) {
    this.options = resolveRelayOptions(options);
    this.clock = this.options.clock ?? systemClock;
    this.directory = this.options.directory;
    this.access = new AccessPolicy(this.options);
    this.refusals = new RefusalLog(this.clock, (level, message) => this.notify(level, message));
    this.#outcomes = new CallOutcomes(this.clock);
    this.#recorder = new CallRecorder(this);
    this.history = new CallHistory(() => this.#recorder.folders);
    const notify: RelayContext['notify'] = (level, message) => this.notify(level, message);
    this.#sessionMaker = new SessionMaker({
      options: this.options,
      clock: this.clock,
      notify,
      freshId: () => this.#freshId(),
      onConfig: (session, config) => this.#recorder.configured(session, config),
    });
    this.#admission = new Admission({
      options: this.options,
      inCalls: () => this.#live.size,
      makeSession: (call) => this.#sessionMaker.makeFor(call),
      onRefused: (why) => notify('warn', `A call was answered busy: ${why}`),
      onFreed: () => this.#reportIdle(),
    });
    this.recording = this.options.record;
    this.#bus = new EventBus((thrown, event) => {
      this.notify('error', `A relay listener of ${event.type} failed: ${messageOf(thrown)}`);
    });
  }

  /** The relay's address on this machine. Throws an InvalidStateError before `listen()`. */
  get url(): string {
    if (this.#port === 0)
      throw new InvalidStateError('The relay does not listen yet; await relay.listen() first.');
    const host = isAnyAddress(this.options.host) ? '127.0.0.1' : this.options.host;
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** The relay's public address without a trailing slash; null if it has none. */
  get publicUrl(): string | null {
    return this.access.publicBase;
  }

  /**
   * Sets the public address, with or without a path, for example of a tunnel that was opened after the relay; null
   * removes it. While there is one, private routes need the token and Twilio's need a signature. Throws a ConfigError
   * if the address is invalid.
   */
  expose(publicUrl: string | null): void {
    const problems: ConfigProblem[] = [];
    const url = publicUrl === null ? null : parsePublicUrl(publicUrl, problems);
    if (problems.length > 0) throw new ConfigError(problems);
    this.access.expose(url);
  }

  /** The sessions that are in a call now. */
  get sessions(): readonly Session[] {
    return [...this.#live.values()].map(({ session }) => session);
  }

  /**
   * The folder for recordings of calls that begin from now on. Null records none, and ends running recordings at once.
   */
  get recording(): string | null {
    return this.#recorder.folder;
  }

  set recording(folder: string | null) {
    this.#recorder.recordTo(folder);
  }

  /** Whether new calls are refused because the relay is stopping. */
  get draining(): boolean {
    return this.#admission.closed;
  }

  /** Subscribes to the events of every session. */
  on<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): this {
    this.#bus.on(subscription, listener);
    return this;
  }

  off<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): this {
    this.#bus.off(subscription, listener);
    return this;
  }

  /**
   * Starts listening; resolves when models are loaded and calls can be answered. Idempotent. Throws an HzRelayError
   * with the remedy if the port cannot be used; the relay is then closed and its waiting sessions have failed with that
   * error. Throws an InvalidStateError on a closed relay.
   */
  async listen(): Promise<this> {
    if (this.#closing)
      throw new InvalidStateError('The relay was closed; make a new one with createRelay().');
    this.#listening ??= this.#listen();
    try {
      await this.#listening;
    } catch (thrown) {
      await this.close();
      throw thrown;
    }
    return this;
  }

  /**
   * Makes a session that waits here for the next call of its type; the session that waited longest gets it. Throws a
   * ConfigError that lists every problem, and an InvalidStateError if the relay takes no more calls.
   */
  expectCall(config: SessionConfig): Session {
    const resolved = this.#sessionMaker.resolve(config);
    if (this.draining)
      throw new InvalidStateError('The relay takes no more calls; make a new one with createRelay().');
    const session = this.#sessionMaker.makeWaiting(config, resolved);
    this.#admission.expect(session);
    return session;
  }

  /** See {@link Admission.canTake}. */
  canTake(transport: TransportType): boolean {
    return this.#admission.canTake(transport);
  }

  /** See {@link Admission.reserve}; release the reservation just before you claim the call. */
  reserve(transport: TransportType): Reservation | null {
    return this.#admission.reserve(transport);
  }

  /** Gives the call its session; null if it gets none. */
  claim(call: IncomingCall): Promise<Session | null> {
    return this.#admission.admit(call, (session) => this.#enter(session, call));
  }

  /** Starts a claimed session on its transport. */
  async connect(session: Session, transport: Transport): Promise<void> {
    try {
      await session.connect(this.#recorder.attach(session, transport));
    } catch (thrown) {
      this.notify('error', `Session ${session.id} could not start: ${messageOf(thrown)}`);
      await Promise.allSettled([session.end('transport_error'), transport.close()]);
    }
  }

  /** Why a call ended, for the carrier's request for its next instruction; null for an unknown call. */
  outcomeOf(callId: string): SessionEndReason | null {
    return this.#outcomes.asked(callId);
  }

  session(id: string): Session | null {
    return this.#live.get(id)?.session ?? null;
  }

  /** Every session, live or ended, the latest first. */
  async snapshots(): Promise<readonly SessionSnapshot[]> {
    const known = await this.directory.list();
    const live = [...this.#live.values()].map(({ session, call }) => snapshot(session, call)).reverse();
    return [...live, ...known.filter(({ sessionId }) => !this.#live.has(sessionId))];
  }

  async snapshot(id: string): Promise<SessionSnapshot | null> {
    const live = this.#live.get(id);
    return live ? snapshot(live.session, live.call) : this.directory.get(id);
  }

  /** The latest steps of a session's state machine, also of one that has ended lately; null where they are not kept. */
  async trace(id: string): Promise<SessionTrace | null> {
    return this.#live.get(id)?.session.trace ?? (await this.directory.trace?.(id)) ?? null;
  }

  /**
   * Makes a token for a visitor of your own page: with it a browser may begin calls for `validForMs`, and do nothing else. The
   * relay's own token also shows all calls and their recordings. Throws a RangeError for a time that is none. @default 60000
   */
  visitorToken({ validForMs = 60_000 }: { readonly validForMs?: number } = {}): string {
    const expiresMs = Math.floor(wallMsOf(this.clock) + validForMs);
    if (!(validForMs > 0) || !Number.isSafeInteger(expiresMs))
      throw new RangeError(`validForMs is ${validForMs}; give the time to begin a call in milliseconds.`);
    return this.access.visitorToken(expiresMs);
  }

  notify(level: RelayNotice['level'], message: string): void {
    try {
      this.options.onNotice?.({ level, message });
    } catch {
      // The notice listener itself failed: there is nowhere left to report it, and calls must go on.
    }
  }

  /** Refuses new calls; resolves when the running ones have ended by themselves and the relay is closed. */
  async drain(): Promise<void> {
    this.#stopTaking();
    await Promise.all(this.sessions.map((session) => session.closed));
    await this.close();
  }

  /**
   * Loads what sessions of this config need, as `listen()` does for the config in the options. Rejects if a provider
   * cannot be used, for example with a ProviderError that names the variable of a refused key.
   */
  warmUp(session: RelaySessionConfig): Promise<void> {
    return this.#sessionMaker.warmUp(session);
  }

  /** Ends every call and frees everything. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #listen(): Promise<void> {
    const { host, port } = this.options;
    // Imported here, not at the top: models load in their own threads while this thread loads the web server.
    const warm = this.#sessionMaker.listening();
    warm.catch(() => undefined);
    try {
      await this.#recorder.open();
      const { buildHttpServer } = await import('./http/http-server.js');
      this.#http = await buildHttpServer(this);
      await this.#http.listen({ host, port });
      await warm;
    } catch (cause) {
      const error = listenError(cause, host, port);
      // Stop first: a listener of the failures below may make a new session, which must not wait here.
      this.#stopTaking();
      for (const session of [...this.#admission.waiting]) session.fail(error);
      throw error;
    }
    if (this.#closing) throw new InvalidStateError('The relay was closed before it listened.');
    this.#port = (this.#http.server.address() as AddressInfo).port;
  }

  #stopTaking(): void {
    this.#admission.close();
    this.#sessionMaker.closing();
  }

  async #close(): Promise<void> {
    this.#stopTaking();
    const ending = [...this.sessions, ...this.#admission.waiting].map((session) => session.end('shutdown'));
    await Promise.allSettled(ending);
    await Promise.all(this.#departing);
    await this.#recorder.close();
    await this.#listening?.catch(() => undefined);
    await this.#http?.close();
    await this.#sessionMaker.close();
    this.#bus.clear();
  }

  /** Counts the session as in a call from now on. */
  #enter(session: Session, call: IncomingCall): void {
    this.#live.set(session.id, { session, call });
    if (call.callId !== undefined && hasCarrier(call)) this.#outcomes.begun(call.callId);
    session.on('*', (event) => {
      if (event.type === 'session.start' || event.type === 'turn.end') void this.#publish(session, call);
      this.history.note(event);
      this.#bus.emit(event);
    });
    session.on('session.end', ({ reason }) => this.#ended(session, call, reason));
    this.#introduce(session, call);
  }

  /** Calls `onSession`; an error in it becomes a notice. */
  #introduce(session: Session, call: IncomingCall): void {
    const failed = (thrown: unknown): void =>
      this.notify('error', `onSession failed for session ${session.id}: ${messageOf(thrown)}`);
    try {
      const result = this.options.onSession?.(session, call);
      if (result instanceof Promise) result.catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  #ended(session: Session, call: IncomingCall, reason: SessionEndReason): void {
    const first = this.#publish(session, call);
    void this.#keepTrace(session);
    const last = session.closed.then(async () => {
      this.#live.delete(session.id);
      await first;
      // The last uses of its providers are known only now.
      await this.#publish(session, call);
    });
    const { callId } = call;
    const asked =
      callId !== undefined && hasCarrier(call)
        ? this.#outcomes.ended(callId, reason, session.closed)
        : session.closed;
    const departed = Promise.all([asked, within(this.clock, publishWithinMs, last)]);
    this.#departing.add(departed);
    void departed.then(() => {
      this.#departing.delete(departed);
      this.#reportIdle();
    });
  }

  async #publish(session: Session, call: IncomingCall): Promise<void> {
    try {
      await this.directory.put(snapshot(session, call));
    } catch (thrown) {
      this.#directoryFailed(thrown);
    }
  }

  async #keepTrace(session: Session): Promise<void> {
    try {
      await this.directory.putTrace?.(session.trace);
    } catch (thrown) {
      this.#directoryFailed(thrown);
    }
  }

  #directoryFailed(thrown: unknown): void {
    this.notify('warn', `The session directory failed: ${messageOf(thrown)}`);
  }

  #reportIdle(): void {
    const busy = this.#live.size + this.#admission.pending + this.#departing.size;
    if (busy === 0) this.onIdle?.();
  }

  #freshId(): string {
    for (;;) {
      const id = randomBytes(4).toString('hex');
      if (!this.#live.has(id)) return id;
    }
  }
}

/** Whether a carrier will request the next instruction after the call. */
function hasCarrier({ transport }: IncomingCall): boolean {
  return transportOf(transport).asksAfterCall;
}
