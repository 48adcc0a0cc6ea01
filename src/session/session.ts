/**
 * One call: carries out the state machine's effects on the given transport and providers, and emits events. This file
 * is wiring; the rules are in `state-machine.ts`.
 */
import type { CallVoice } from './call-voice.js';
import { wallMsOf, within } from '../core/clock.js';
import { InvalidStateError, ProviderError } from '../core/errors.js';
import type { EventListener, Subscribed, Subscription } from '../events/event-bus.js';
import type { SessionActivity } from '../events/session-activity.js';
import type { SessionEndReason, SessionEvent } from '../events/session-event.js';
import type { ChatMessage } from '../providers/language-model.js';
import type { Transport, TransportType } from '../transport/transport.js';
import { CallerListener } from './input/caller-listener.js';
import { InputPipeline } from './input/input-pipeline.js';
import { MachineRunner } from './machine-runner.js';
import { describeActivity, describeState } from './turn-taking/machine-state.js';
import { NamedTimers } from './named-timers.js';
import { Playout } from './output/playout.js';
import { liveParts, type LiveParts } from './live-parts.js';
import type { ToolSchemas } from './agent-tools.js';
import type { MachineEffect, SessionState, TimerName } from './turn-taking/session-state.js';
import type { SessionMetrics, SessionParts, Speakable, SpeakResult } from './session-parts.js';
import type { UsageListener } from '../metrics/provider-usage.js';
import { SessionUsage } from './session-usage.js';
import { Reconnection } from './reconnection.js';
import { prepareCall } from './prepared-call.js';
import { afterRecogniserFailure, listenAgainMs } from './recogniser-failure.js';
import { levelsOf, sessionMetrics, type SessionLevels } from './session-metrics.js';
import type { SessionChange, SessionUpdater } from './session-change.js';
import { sessionStart } from './session-start.js';
import { SessionReporter, toMicroseconds } from './session-reporter.js';
import { SessionUpdates, type CallInUse } from './session-updates.js';
import { transportListener } from './transport-listener.js';
import { unsayableTexts } from './unsayable-texts.js';
import type { SessionTrace } from './trace/session-trace.js';
import { TurnRunner } from './turn-runner.js';

/** How often an overdue recogniser is asked whether its final result will still come. */
const recoveryPollMs = 250;
/** Longest wait for providers and transport to close. */
const closeWithinMs = 5000;

export class Session {
  readonly id: string;
  /** Resolves when the session has ended and its streams and transport are closed, at most 5 s later. */
  readonly closed: Promise<void>;
  readonly #parts: LiveParts;
  readonly #reporter: SessionReporter;
  readonly #turns: TurnRunner;
  readonly #abort = new AbortController();
  readonly #timers: NamedTimers<TimerName | 'idle' | 'max_duration' | 'listen_again'>;
  readonly #machine: MachineRunner;
  readonly #reconnection: Reconnection;
  readonly #updates: SessionUpdates;
  /** Whether it outlives a lost connection. */
  readonly waitsForCaller: boolean;
  readonly #usage: SessionUsage;
  #input: InputPipeline | null = null;
  #transport: Transport | null = null;
  #voice: CallVoice | null = null;
  #startedMs = 0;
  #resolveClosed!: () => void;

  constructor(given: SessionParts, updater: SessionUpdater) {
    const parts = liveParts(given);
    this.id = parts.id;
    this.#parts = parts;
    this.#usage = new SessionUsage(parts.prices);
    this.#timers = new NamedTimers(parts.clock);
    this.#machine = new MachineRunner({
      managed: parts.agent !== null,
      flushesEarly: parts.stt.flushesEarly ?? false,
      speculation: parts.speculation,
      turnTaking: parts.turnTaking,
      clock: parts.clock,
      // The queued speech may have been dropped meanwhile.
      matters: ({ type }) => type !== 'speak' || this.#turns.waits,
      perform: (effect) => this.#perform(effect),
    });
    this.#reporter = new SessionReporter({
      sessionId: parts.id,
      nowMs: () => this.#nowMs(),
      wallMs: () => wallMsOf(parts.clock),
      turn: () => this.#turns.speculativeTurn ?? this.#machine.currentTurn,
      onEvent: (event) => this.#noteEvent(event),
    });
    this.#turns = new TurnRunner({
      parts,
      reporter: this.#reporter,
      nowMs: () => this.#nowMs(),
      currentTurn: () => this.#machine.currentTurn,
      isLost: () => this.#reconnection.isLost,
      speechLikely: () => this.#input?.speechLikely ?? false,
      dispatch: (input) => this.#machine.dispatch(input),
      sessionSignal: this.#abort.signal,
      onUsage: this.#usage.report,
      takeUsage: () => this.#usage.take(),
      onTurnEnd: (failed) => this.#turnEnded(failed),
    });
    this.#reconnection = new Reconnection({
      limits: parts.reconnect,
      clock: parts.clock,
      reporter: this.#reporter,
      nowMs: () => this.#nowMs(),
      currentTurn: () => this.#machine.currentTurn,
      input: () => this.#input,
      dispatch: (input) => this.#machine.dispatch(input),
      onChange: () => this.#restartIdle(),
      onGivenUp: () => void this.end('connection_lost'),
    });
    this.#updates = new SessionUpdates({
      updater,
      parts,
      reporter: this.#reporter,
      turns: this.#turns,
      nowMs: () => (this.#input ? this.#nowMs() : 0),
      machine: this.#machine,
      transport: () => this.#transport,
      call: () => this.#call(),
    });
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.waitsForCaller = parts.reconnect.windowMs > 0;
  }

  get state(): SessionState {
    return describeState(this.#machine.state);
  }

  /** What the session does or waits for; more detailed than {@link state}. */
  get activity(): SessionActivity {
    return describeActivity(this.#machine.state);
  }

  /** The call's transport; null before the call. */
  get transport(): Transport | null {
    return this.#transport;
  }

  get transportType(): TransportType {
    return this.#parts.transportType;
  }

  /** Whether an agent answers; otherwise the application calls {@link speak}. */
  get managed(): boolean {
    return this.#parts.agent !== null;
  }

  /** The conversation as the model sees it: the caller's turns, and the heard part of the agent's turns. */
  get messages(): readonly ChatMessage[] {
    return this.#turns.messages;
  }

  /** Calls `listener` for each event of a type or alias, or for all events (`*`). A throw becomes a warning. */
  on<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): this {
    this.#reporter.on(subscription, listener);
    return this;
  }

  off<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): this {
    this.#reporter.off(subscription, listener);
    return this;
  }

  once<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): this {
    this.#reporter.once(subscription, listener);
    return this;
  }

  /**
   * Speaks a text: as the answer to the caller's latest turn if that is unanswered, else as a turn of its own. The text
   * waits for the call to begin, and for the agent to finish its current turn. Resolves when the text was played to its
   * end, cut or dropped. Throws an InvalidStateError after the end of the session.
   */
  speak(text: Speakable): Promise<SpeakResult> {
    if (this.#machine.state.phase === 'ended')
      throw new InvalidStateError(`Session ${this.id} has ended and cannot speak.`);
    const result = this.#turns.speak(text);
    if (this.#machine.state.phase === 'live') this.#machine.dispatch({ type: 'speak', atMs: this.#nowMs() });
    return result;
  }

  /** Cuts the agent's turn at once and drops queued speech. The history keeps only what was heard. */
  interrupt(): void {
    this.#turns.dropWaiting();
    this.#machine.dispatch({ type: 'interrupt', atMs: this.#nowMs() });
  }

  /**
   * Changes the session between two turns: at once if no turn runs, else when the running one was played or cut. Resolves
   * when the change is in effect, so a tool must not await it. Several changes take effect in their order. Nothing changes
   * where it rejects: with a ConfigError that lists every problem, with a ProviderError where a new provider cannot be
   * used, for example because its key was refused, and with an InvalidStateError once the session has ended.
   */
  update<Schemas extends ToolSchemas>(change: SessionChange<Schemas>): Promise<void> {
    return this.#updates.update(change);
  }

  /** Ends the call. Resolves like {@link closed}. Idempotent. */
  end(reason: SessionEndReason = 'ended'): Promise<void> {
    if (this.#machine.state.phase === 'waiting') this.#startedMs = this.#parts.clock.nowMs();
    this.#machine.dispatch({ type: 'end', atMs: this.#nowMs(), reason });
    return this.closed;
  }

  /** Levels of caller and agent now, in dBFS; -100 is silence. */
  get levels(): SessionLevels {
    return levelsOf(this.#machine.state, this.#input, this.#turns);
  }

  /** The latest 500 steps of the state machine, for debugging. */
  get trace(): SessionTrace {
    return { sessionId: this.id, ...this.#machine.trace };
  }

  /** Passes every later report of a provider's use to `listener`, also after `session.end`. It must not throw. */
  watchUsage(listener: UsageListener): void {
    this.#usage.watch(listener);
  }

  getMetrics(): SessionMetrics {
    return sessionMetrics({
      parts: this.#parts,
      machine: this.#machine.state,
      nowMs: this.#nowMs(),
      turns: this.#turns,
      transport: this.#transport,
      usage: this.#usage.total,
      warnings: this.#reporter.warnings,
    });
  }

  /**
   * Starts the call on a transport. The relay calls this; call it yourself only with your own transport. Throws an
   * InvalidStateError if the session already had a call.
   */
  async connect(transport: Transport): Promise<void> {
    if (this.#transport || this.#machine.state.phase !== 'waiting') {
      throw new InvalidStateError(`Session ${this.id} already had its call. Create a new session.`);
    }
    this.#transport = transport;
    const prepared = await prepareCall(this.#parts, transport);
    if (this.#hasEnded()) {
      prepared.close();
      return;
    }
    const { clock, turnTaking, speculation, limits, agent, stt } = this.#parts;
    const { voice, voiceCheck, vad } = prepared;
    this.#voice = voice;
    this.#startedMs = clock.nowMs();
    this.#turns.connected({ transport, playout: new Playout(transport, clock), voice });
    this.#reporter.emit(sessionStart(transport, this.#parts));
    this.#reporter.notices('unsayable_text', unsayableTexts(this.#parts));
    if (this.#hasEnded()) {
      // A listener of session.start has ended the session.
      prepared.close();
      return;
    }
    const { inputFormat } = transport;
    const listener = new CallerListener({
      parts: this.#parts,
      reporter: this.#reporter,
      voice,
      inputFormat,
      startedMs: this.#startedMs,
      nowMs: () => this.#nowMs(),
      onsetMs: () => this.#machine.state.caller?.onsetMs,
      turn: () => this.#machine.currentTurn,
      dispatch: (input) => this.#machine.dispatch(input),
      signal: this.#abort.signal,
      onUsage: this.#usage.report,
      onFailure: (error, again) => this.#recogniserFailed(error, again),
    });
    const hearing = { vad, voiceCheck, stt, inputFormat, turnTaking, speculation };
    this.#input = new InputPipeline({ ...hearing, clock, listener });
    this.#input.start();
    this.#timers.set('max_duration', limits.maxDurationMs, () => void this.end('max_duration'));
    this.#restartIdle();
    this.#machine.dispatch({ type: 'connected', atMs: 0, greets: (agent?.greeting ?? '') !== '' });
    if (this.#turns.waits) this.#machine.dispatch({ type: 'speak', atMs: this.#nowMs() });
    transport.start(
      transportListener({
        transportType: this.#parts.transportType,
        reporter: this.#reporter,
        machine: this.#machine,
        turns: this.#turns,
        reconnection: this.#reconnection,
        startedMs: this.#startedMs,
        nowMs: () => this.#nowMs(),
        onAudio: (frame) => this.#input?.push(frame),
      }),
    );
    this.#updates.apply();
  }

  /** Emits a `warning` event and counts it in the metrics. */
  warn(code: string, message: string): void {
    this.#reporter.warn(code, message);
  }

  /** Ends a session whose call cannot begin, with an `error` event. No-op once the call has begun. */
  fail(error: Error): void {
    if (this.#machine.state.phase !== 'waiting') return;
    this.#startedMs = this.#parts.clock.nowMs();
    this.#reporter.error(error);
    void this.end(error instanceof ProviderError ? 'provider_error' : 'transport_error');
  }

  #recogniserFailed(error: ProviderError, again: boolean): void {
    this.#reporter.error(error);
    void afterRecogniserFailure({
      ...{ error, again, parts: this.#parts },
      hasEnded: () => this.#hasEnded(),
      speak: (text) => this.speak(text),
      retryLater: () => this.#timers.set('listen_again', listenAgainMs, () => this.#input?.listenAgain()),
      endCall: () => this.end('provider_error'),
    });
  }

  #perform(effect: MachineEffect): void {
    switch (effect.type) {
      case 'emit':
        return this.#reporter.emit(effect.event);
      case 'stt_speech_started':
        return this.#input?.speechStarted();
      case 'stt_flush':
        return this.#input?.flush();
      case 'set_timer':
        return this.#timers.set(effect.timer, effect.atMs - this.#nowMs(), () =>
          this.#timerFired(effect.timer),
        );
      case 'cancel_timer':
        return this.#timers.cancel(effect.timer);
      case 'end_session':
        return this.#endSession(effect.reason);
      default:
        this.#turns.perform(effect);
        // Before the next effect: it may begin the next turn.
        if (effect.type === 'end_turn' || effect.type === 'drop_answer') this.#updates.apply();
    }
  }

  #timerFired(timer: TimerName): void {
    if (timer === 'final' && this.#input?.recover()) {
      // The final result will still come: the replacement of the recogniser gets the same audio again.
      return this.#timers.set('final', recoveryPollMs, () => this.#timerFired('final'));
    }
    const speechLikely = this.#input?.speechLikely ?? false;
    this.#machine.dispatch({ type: 'timer', atMs: this.#nowMs(), timer, speechLikely });
  }

  #turnEnded(failed: boolean): void {
    this.#restartIdle();
    if (failed && this.#parts.agent?.afterFailure === 'end') return void this.end('provider_error');
    if (this.#turns.waits) this.#machine.dispatch({ type: 'speak', atMs: this.#nowMs() });
  }

  #endSession(reason: SessionEndReason): void {
    this.#abort.abort();
    this.#timers.close();
    this.#reconnection.close();
    this.#updates.stop();
    this.#turns.stop();
    const down = Promise.allSettled([this.#input?.close(), this.#transport?.close()]);
    this.#voice?.close();
    const durationMs = toMicroseconds(this.#nowMs());
    const { currentTurn: turn } = this.#machine;
    this.#reporter.emit({ type: 'session.end', turn, reason, durationMs, usage: this.#usage.take() });
    this.#reporter.clear();
    void within(this.#parts.clock, closeWithinMs, down).then(() => this.#resolveClosed());
  }

  #call(): CallInUse | null {
    const [voice, input] = [this.#voice, this.#input];
    return voice && input && { voice, input };
  }

  #hasEnded(): boolean {
    return this.#abort.signal.aborted;
  }

  #nowMs(): number {
    return this.#parts.clock.nowMs() - this.#startedMs;
  }

  /** Restarts the idle timeout: one side speaks or has just spoken. */
  #restartIdle(): void {
    if (this.#reconnection.isLost) return this.#timers.cancel('idle');
    const { idleTimeoutMs } = this.#parts.limits;
    this.#timers.set('idle', idleTimeoutMs, () => {
      const { agent, caller } = this.#machine.state;
      if ((agent !== null && agent.phase !== 'awaiting') || caller?.speaking) return this.#restartIdle();
      void this.end('idle_timeout');
    });
  }

  #noteEvent(event: SessionEvent): void {
    if (event.type === 'speech.start' || event.type === 'transcript.final') this.#restartIdle();
    if (event.type === 'provider.request') this.#turns.requested(event);
  }
}
