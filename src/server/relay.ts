/**
 * A relay answers calls: it listens for phones and browsers, gives each call its session, and shows what goes on.
 * Sessions share only providers, with their workers and connections, so one that fails touches no other.
 */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { systemClock, within, type Clock } from '../clock.js';
import {
  ConfigError,
  HzRelayError,
  InvalidStateError,
  messageOf,
  ProviderError,
  type ConfigProblem,
} from '../errors.js';
import { EventBus, type EventListener, type Subscribed, type Subscription } from '../events/event-bus.js';
import type { SessionEndReason } from '../events/session-event.js';
import { Session } from '../session/session.js';
import type { Transport, TransportType } from '../transport/transport.js';
import { AccessPolicy, isAnyAddress } from './access.js';
import { Providers } from './compose.js';
import {
  configForCall,
  resolveConfig,
  type RelaySessionConfig,
  type ResolvedConfig,
  type SessionConfig,
} from './config.js';
import { Farewells } from './farewells.js';
import type { HttpServer } from './http-server.js';
import { listenError } from './listen-error.js';
import { CallRecorder } from './recording/call-recorder.js';
import type { RelayDesk, Reservation } from './relay-desk.js';
import {
  parsePublicUrl,
  resolveRelayOptions,
  type IncomingCall,
  type RelayNotice,
  type RelayOptions,
  type ResolvedRelayOptions,
} from './relay-options.js';
import type { SessionDirectory, SessionSnapshot } from './session-directory.js';

interface LiveSession {
  readonly session: Session;
  readonly call: IncomingCall;
}

/** How long the user's `session` function may think: the caller hears nothing meanwhile. */
const sessionFunctionMs = 10_000;
const stopping = 'the relay is shutting down.';

export class Relay implements RelayDesk {
  readonly access: AccessPolicy;
  readonly options: ResolvedRelayOptions;
  readonly clock: Clock;
  readonly directory: SessionDirectory;
  readonly #providers: Providers;
  readonly #bus: EventBus;
  readonly #live = new Map<string, LiveSession>();
  readonly #waiting: Session[] = [];
  /** Sessions that wait since before the relay listened, with their configs: what they need is loaded then. */
  readonly #awaited = new Map<Session, ResolvedConfig>();
  readonly #farewells: Farewells;
  readonly #recorder: CallRecorder;
  /** Ended calls that are not done with yet. */
  readonly #departing = new Set<Promise<void>>();
  /** Calls whose session is being made. */
  #arriving = 0;
  /** Places kept for calls that are still connecting. */
  readonly #reserved: Record<TransportType, number> = { twilio: 0, webrtc: 0 };
  #http: HttpServer | null = null;
  #port = 0;
  #draining = false;
  #listening: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Called when the last session that waited or lived is gone. */
  onIdle: (() => void) | null = null;

  constructor(options: RelayOptions = {}) {
    this.options = resolveRelayOptions(options);
    this.clock = this.options.clock ?? systemClock;
    this.#providers = new Providers(this.clock);
    this.directory = this.options.directory;
    this.access = new AccessPolicy(this.options);
    this.#farewells = new Farewells(this.clock);
    this.#recorder = new CallRecorder(this);
    this.recording = this.options.record;
    this.#bus = new EventBus((thrown, event) => {
      this.notify('error', `A relay listener of ${event.type} failed: ${messageOf(thrown)}`);
    });
  }

  /** Where the relay listens, for this machine. Throws an InvalidStateError before `listen()`. */
  get url(): string {
    if (this.#port === 0)
      throw new InvalidStateError('The relay does not listen yet; await relay.listen() first.');
    const host = isAnyAddress(this.options.host) ? '127.0.0.1' : this.options.host;
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** Where the outside reaches it, if it does. */
  get publicUrl(): string | null {
    return this.access.publicUrl?.origin ?? null;
  }

  /**
   * From now on the outside reaches the relay there (https, no path), through a tunnel that was opened after it; null: no
   * more. While it does, private routes need the token and Twilio's need a signature. Throws a ConfigError.
   */
  expose(publicUrl: string | null): void {
    const problems: ConfigProblem[] = [];
    const url = publicUrl === null ? null : parsePublicUrl(publicUrl, problems);
    if (problems.length > 0) throw new ConfigError(problems);
    this.access.expose(url);
  }

  /** The sessions that live now. */
  get sessions(): readonly Session[] {
    return [...this.#live.values()].map(({ session }) => session);
  }

  /** The folder in which calls are recorded that begin from now on; null: none are, and recordings that run end at once. */
  get recording(): string | null {
    return this.#recorder.folder;
  }

  set recording(folder: string | null) {
    this.#recorder.recordTo(folder);
  }

  /** Whether new calls are refused because the relay is about to stop. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Hears the events of every session. */
  on<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): this {
    this.#bus.on(subscription, listener);
    return this;
  }

  off<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): this {
    this.#bus.off(subscription, listener);
    return this;
  }

  /**
   * Starts listening; resolves when calls can be answered, models loaded. Idempotent. Throws an HzRelayError that names
   * the remedy if the port cannot be had; the relay is closed then, and sessions that waited have heard why. Throws an
   * InvalidStateError on a relay that was closed.
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
   * A session of this config that waits here for the next call of its type; first come, first served. Throws a
   * ConfigError that lists every problem, and an InvalidStateError on a relay that takes no more calls.
   */
  expectCall(config: SessionConfig): Session {
    const resolved = resolveConfig(config);
    if (this.#draining)
      throw new InvalidStateError('The relay takes no more calls; make a new one with createRelay().');
    const session = this.#makeSession(resolved);
    this.#waiting.push(session);
    void session.closed.then(() => {
      const index = this.#waiting.indexOf(session);
      if (index >= 0) this.#waiting.splice(index, 1);
      this.#reportIdle();
    });
    if (this.#listening) void this.#warmUpFor(session, resolved);
    else this.#awaited.set(session, resolved);
    return session;
  }

  /** Whether a call of this type would find a session. Says on the log why not. */
  canTake(transport: TransportType): boolean {
    if (this.#draining) return this.#refuse(stopping);
    const { maxSessions, session } = this.options;
    const coming = this.#reserved.twilio + this.#reserved.webrtc;
    if (this.#live.size + this.#arriving + coming >= maxSessions)
      return this.#refuse(`${maxSessions} sessions live already (maxSessions).`);
    if (typeof session === 'object' && session.inbound && session.inbound.type !== transport)
      return this.#refuse(
        `it is a ${transport} call, but sessions are for ${session.inbound.type} calls only.`,
      );
    if (session) return true;
    const waiting = this.#waiting.filter(({ transportType }) => transportType === transport);
    if (waiting.length > this.#reserved[transport]) return true;
    return this.#refuse(
      `no session waits for a ${transport} call. createRelay({ session, onSession }) makes a fresh one for every call.`,
    );
  }

  /**
   * Keeps a place, and where sessions wait one of them, for a call that is connecting; null where there is none, as
   * {@link canTake}. Whoever gets one releases it just before the call is claimed.
   */
  reserve(transport: TransportType): Reservation | null {
    if (!this.canTake(transport)) return null;
    this.#reserved[transport]++;
    let held = true;
    return {
      release: () => {
        if (held) this.#reserved[transport]--;
        held = false;
        this.#reportIdle();
      },
    };
  }

  /** Gives the call its session, or null where there is none for it. */
  async claim(call: IncomingCall): Promise<Session | null> {
    if (!this.canTake(call.transport)) return null;
    this.#arriving++;
    const session = await this.#sessionFor(call);
    this.#arriving--;
    if (!session) {
      this.#reportIdle();
      return null;
    }
    if (this.#draining) {
      await session.end('shutdown');
      this.#refuse(stopping);
      return null;
    }
    this.#live.set(session.id, { session, call });
    if (call.callId !== undefined && hasCarrier(call)) this.#farewells.begun(call.callId);
    session.on('*', (event) => {
      if (event.type === 'session.start' || event.type === 'turn.end') void this.#publish(session, call);
      this.#bus.emit(event);
    });
    session.on('session.end', ({ reason }) => this.#ended(session, call, reason));
    this.#introduce(session, call);
    return session;
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

  /** Why a call ended, for the carrier that asks what comes next; null for a call of which nothing is known. */
  farewell(callId: string): SessionEndReason | null {
    return this.#farewells.asked(callId);
  }

  session(id: string): Session | null {
    return this.#live.get(id)?.session ?? null;
  }

  /** Every session that is or was, the latest first. */
  async snapshots(): Promise<readonly SessionSnapshot[]> {
    const known = await this.directory.list();
    const live = [...this.#live.values()].map(({ session, call }) => snapshot(session, call)).reverse();
    return [...live, ...known.filter(({ sessionId }) => !this.#live.has(sessionId))];
  }

  async snapshot(id: string): Promise<SessionSnapshot | null> {
    const live = this.#live.get(id);
    return live ? snapshot(live.session, live.call) : this.directory.get(id);
  }

  notify(level: RelayNotice['level'], message: string): void {
    try {
      this.options.onNotice?.({ level, message });
    } catch {
      // Who listens to the relay's own words has failed: there is nobody left to tell, and no call may be harmed.
    }
  }

  /** Takes no new calls; resolves when the running ones have ended by themselves. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.sessions.map((session) => session.closed));
    await this.close();
  }

  /**
   * Loads ahead what sessions of this config will need, as `listen()` does for a config in the options. Rejects where a
   * provider cannot be used, for example with a ProviderError that names the variable of a refused key.
   */
  async warmUp(session: RelaySessionConfig): Promise<void> {
    const configs = typesOf(session).map((type) => resolveConfig(configForCall(session, type)));
    await Promise.all(configs.map((config) => this.#providers.warmUp(config)));
  }

  /** Ends every call and frees everything. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #listen(): Promise<void> {
    const { host, port } = this.options;
    // The models load in threads of their own while this one loads the web server, hence not an import at the top.
    const warm = this.#warmUp();
    warm.catch(() => undefined);
    try {
      const { buildHttpServer } = await import('./http-server.js');
      this.#http = await buildHttpServer(this);
      await this.#http.listen({ host, port });
      await warm;
    } catch (cause) {
      const error = listenError(cause, host, port);
      // First, so that a session made by a listener of what follows does not wait here.
      this.#draining = true;
      for (const session of [...this.#waiting]) session.fail(error);
      throw error;
    }
    if (this.#closing) throw new InvalidStateError('The relay was closed before it listened.');
    this.#port = (this.#http.server.address() as AddressInfo).port;
  }

  async #close(): Promise<void> {
    this.#draining = true;
    const ending = [...this.sessions, ...this.#waiting].map((session) => session.end('shutdown'));
    await Promise.allSettled(ending);
    await Promise.all(this.#departing);
    await this.#recorder.close();
    await this.#listening?.catch(() => undefined);
    await this.#http?.close();
    await this.#providers.close();
    this.#bus.clear();
  }

  /** Loads what the first calls will need. Throws where what every call needs cannot be had. */
  async #warmUp(): Promise<void> {
    const { session } = this.options;
    const awaited = [...this.#awaited];
    this.#awaited.clear();
    await Promise.all([
      typeof session === 'object' ? this.warmUp(session) : this.#providers.warmUp(null),
      ...awaited.map(([waiting, config]) => this.#warmUpFor(waiting, config)),
    ]);
  }

  /**
   * Loads what one session will need. A key that is refused ends it here; what else fails may be well when its call comes,
   * and is told then.
   */
  async #warmUpFor(session: Session, config: ResolvedConfig): Promise<void> {
    try {
      await this.#providers.warmUp(config);
    } catch (thrown) {
      if (this.#draining) return;
      if (thrown instanceof ProviderError && thrown.category === 'auth') session.fail(thrown);
      else this.notify('warn', `Loading ahead of the call failed: ${messageOf(thrown)}`);
    }
  }

  #makeSession(config: ResolvedConfig): Session {
    const session = new Session(this.#providers.parts(config, this.#freshId()));
    this.#recorder.configured(session, config);
    return session;
  }

  async #sessionFor(call: IncomingCall): Promise<Session | null> {
    const { session } = this.options;
    if (!session) {
      const waiting = this.#waiting.find(({ transportType }) => transportType === call.transport);
      if (!waiting) return null;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      return waiting;
    }
    try {
      const config = typeof session === 'function' ? await this.#ask(session, call) : session;
      const resolved = resolveConfig(configForCall(config, call.transport));
      if (resolved.type !== call.transport)
        throw new HzRelayError(
          `Its config is for ${resolved.type} calls, but it is a ${call.transport} call.`,
        );
      return this.#makeSession(resolved);
    } catch (thrown) {
      this.notify('error', `No session could be made for the call: ${messageOf(thrown)}`);
      return null;
    }
  }

  /** The config that the user's function gives. */
  async #ask(
    session: (call: IncomingCall) => RelaySessionConfig | Promise<RelaySessionConfig>,
    call: IncomingCall,
  ): Promise<RelaySessionConfig> {
    const config = Promise.resolve(session(call));
    if (await within(this.clock, sessionFunctionMs, config)) return config;
    throw new HzRelayError(`The session function gave no config in ${sessionFunctionMs / 1000} s.`);
  }

  /** Shows the user a session that got its call; a throw of theirs harms nobody. */
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
    void this.#publish(session, call);
    void session.closed.then(() => this.#live.delete(session.id));
    const { callId } = call;
    const departed =
      callId !== undefined && hasCarrier(call)
        ? this.#farewells.ended(callId, reason, session.closed)
        : session.closed;
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
      this.notify('warn', `The session directory failed: ${messageOf(thrown)}`);
    }
  }

  #refuse(why: string): false {
    this.notify('warn', `A call was answered busy: ${why}`);
    return false;
  }

  #reportIdle(): void {
    const coming = this.#arriving + this.#reserved.twilio + this.#reserved.webrtc;
    const busy = this.#live.size + this.#waiting.length + coming + this.#departing.size;
    if (busy === 0) this.onIdle?.();
  }

  #freshId(): string {
    for (;;) {
      const id = randomBytes(4).toString('hex');
      if (!this.#live.has(id)) return id;
    }
  }
}

/** How the calls of a config come in: both ways where it leaves that open. */
function typesOf({ inbound }: RelaySessionConfig): readonly TransportType[] {
  return inbound ? [inbound.type] : ['twilio', 'webrtc'];
}

/** Whether somebody will ask what comes after the call. */
function hasCarrier({ transport }: IncomingCall): boolean {
  return transport === 'twilio';
}

function snapshot(session: Session, { callId, from, to }: IncomingCall): SessionSnapshot {
  return {
    sessionId: session.id,
    callId: callId ?? null,
    from: from ?? null,
    to: to ?? null,
    metrics: session.getMetrics(),
  };
}
