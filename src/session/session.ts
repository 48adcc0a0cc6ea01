/**
 * One call: carries out what the state machine decides, on the transport and the providers that it is given, and tells
 * listeners what happens. Everything here is wiring; the rules are in `state-machine.ts`.
 */
import { negotiateFormat } from '../audio/audio-frame.js';
import { within } from '../clock.js';
import { InvalidStateError, ProviderError } from '../errors.js';
import type { EventListener, Subscribed, Subscription } from '../events/event-bus.js';
import type { ProviderIncident } from '../events/provider-incident.js';
import type { SessionEndReason, SessionEvent } from '../events/session-event.js';
import type { ChatMessage } from '../llm/language-model.js';
import { summarise } from '../metrics/percentile.js';
import type { Transport, TransportType } from '../transport/transport.js';
import { ConversationHistory } from './conversation-history.js';
import { InputPipeline } from './input-pipeline.js';
import { describeState, initialState } from './machine-state.js';
import { NamedTimers } from './named-timers.js';
import { OutputPipeline, type OutputListener, type TextSource } from './output-pipeline.js';
import { Playout } from './playout.js';
import { matchRates, type MatchedProviders } from './rate-matching.js';
import type { AgentTurn, MachineEffect, MachineInput, SessionState, TimerName } from './session-state.js';
import type { SessionMetrics, SessionParts, Speakable, SpeakResult } from './session-parts.js';
import { RunningTools } from './running-tools.js';
import { SessionReporter, toMicroseconds } from './session-reporter.js';
import { SilentRecogniser } from './silent-recogniser.js';
import { SpeechQueue } from './speech-queue.js';
import { transition } from './state-machine.js';
import { silenceDbfs } from './voice-level.js';
import { TurnRecord, type TurnMetrics } from './turn-record.js';

/** A conversation that outgrows this keeps the figures of its latest turns. */
const maxTurnMetrics = 1000;

/** How often an overdue recogniser is asked whether it is still worth waiting for. */
const recoveryPollMs = 250;

/** A caller who does not let the agent apologise for a dead recogniser is hung up on after this time. */
const apologyWithinMs = 15_000;

/** A provider of the user's that takes longer to close than this is not waited for. */
const closeWithinMs = 5000;

export class Session {
  readonly id: string;
  /** Resolves when the session has ended and everything it used is closed. */
  readonly closed: Promise<void>;
  readonly #parts: SessionParts;
  readonly #reporter: SessionReporter;
  readonly #history: ConversationHistory;
  readonly #abort = new AbortController();
  readonly #timers: NamedTimers<TimerName | 'idle' | 'max_duration'>;
  readonly #inputs: MachineInput[] = [];
  readonly #speeches = new SpeechQueue();
  readonly #tools = new RunningTools();
  readonly #turns: TurnMetrics[] = [];
  readonly #silence = new SilentRecogniser();
  /** One function for the whole call: supervisors know by it whom they have told what. */
  readonly #onIncident = (incident: ProviderIncident): void => this.#reporter.incident(incident);
  #state;
  #record: TurnRecord | null = null;
  #input: InputPipeline | null = null;
  #playout: Playout | null = null;
  #transport: Transport | null = null;
  #providers: MatchedProviders | null = null;
  #startedMs = 0;
  #dispatching = false;
  #resolveClosed!: () => void;

  constructor(parts: SessionParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#timers = new NamedTimers(parts.clock);
    this.#state = initialState(parts.agent !== null);
    this.#history = new ConversationHistory(parts.agent?.systemPrompt ?? null);
    this.#reporter = new SessionReporter({
      sessionId: parts.id,
      nowMs: () => this.#nowMs(),
      turn: () => this.#currentTurn(),
      onEvent: (event) => this.#noteEvent(event),
    });
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): SessionState {
    return describeState(this.#state);
  }

  /** The call's transport; null before the call. */
  get transport(): Transport | null {
    return this.#transport;
  }

  get transportType(): TransportType {
    return this.#parts.transportType;
  }

  /** Whether an agent answers by itself; otherwise the user drives with {@link speak}. */
  get managed(): boolean {
    return this.#parts.agent !== null;
  }

  /** The conversation as the model sees it: the caller's turns, and of the agent's what was heard. */
  get messages(): readonly ChatMessage[] {
    return this.#history.messages();
  }

  /** Calls `listener` for each event of a type, of an alias, or (`*`) for all. A throw of its harms nobody. */
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
   * Says something: as the answer to the caller's latest turn where nobody has answered it, else as a turn of its own.
   * While the agent talks it waits for its turn; before the call it waits for the call. Resolves when it was played out,
   * cut or dropped. Throws an InvalidStateError after the end of the session.
   */
  speak(text: Speakable): Promise<SpeakResult> {
    if (this.#state.phase === 'ended') {
      throw new InvalidStateError(`Session ${this.id} has ended; nobody would hear this.`);
    }
    const result = this.#speeches.add(text);
    if (this.#state.phase === 'live') this.#dispatch({ type: 'speak', atMs: this.#nowMs() });
    return result;
  }

  /** Silences the agent at once; what was not heard is dropped, also from the history. No-op while it is silent. */
  interrupt(): void {
    this.#speeches.drop(this.#currentTurn());
    this.#dispatch({ type: 'interrupt', atMs: this.#nowMs() });
  }

  /** Ends the call. Resolves when everything is closed. Idempotent. */
  end(reason: SessionEndReason = 'ended'): Promise<void> {
    if (this.#state.phase === 'waiting') this.#startedMs = this.#parts.clock.nowMs();
    this.#dispatch({ type: 'end', atMs: this.#nowMs(), reason });
    return this.closed;
  }

  /** How loud caller and agent are now, in dBFS; -100 is silence. */
  get levels(): { readonly callerDbfs: number; readonly agentDbfs: number } {
    const isPlaying = this.#state.agent?.phase === 'playing';
    const pipeline = isPlaying ? this.#record?.pipeline : null;
    return {
      callerDbfs: Math.max(silenceDbfs, this.#input?.levelDbfs ?? silenceDbfs),
      agentDbfs: pipeline?.levelAt(this.#playout?.estimate() ?? 0) ?? silenceDbfs,
    };
  }

  getMetrics(): SessionMetrics {
    const figures = this.#turns.flatMap(({ latency }) => latency.mouth_to_ear_ms ?? []);
    return {
      sessionId: this.id,
      transport: this.#parts.transportType,
      state: this.state,
      ageMs: this.#state.phase === 'waiting' ? null : this.#nowMs(),
      turns: [...this.#turns],
      mouthToEar: summarise(figures),
      inboundAudio: this.#transport?.inboundQuality ?? null,
      warnings: this.#reporter.warnings,
    };
  }

  /**
   * Gives the session its call and starts it. The relay does this; with a transport of your own, you do. Throws an
   * InvalidStateError if the session has had a call already.
   */
  async connect(transport: Transport): Promise<void> {
    if (this.#transport || this.#state.phase !== 'waiting') {
      throw new InvalidStateError(`Session ${this.id} has had its call; a session is one call.`);
    }
    this.#transport = transport;
    const { clock, turnTaking, limits, agent } = this.#parts;
    const vad = await this.#parts.vad.create();
    const providers = await matchRates(transport, this.#parts.stt, this.#parts.tts).catch(
      (thrown: unknown) => {
        vad.close();
        throw thrown;
      },
    );
    if (this.#hasEnded()) {
      vad.close();
      providers.close();
      return;
    }
    const { stt } = providers;
    this.#providers = providers;
    this.#startedMs = clock.nowMs();
    this.#playout = new Playout(transport, clock);
    this.#emitStart(transport);
    if (this.#hasEnded()) {
      // A listener of session.start has ended it.
      vad.close();
      return;
    }
    const format = negotiateFormat(transport.inputFormat, stt.accepts);
    this.#input = new InputPipeline({ vad, stt, format, turnTaking, clock, listener: this.#inputListener() });
    this.#input.start();
    this.#timers.set('max_duration', limits.maxDurationMs, () => void this.end('max_duration'));
    this.#noteActivity();
    this.#dispatch({ type: 'connected', atMs: 0, greets: (agent?.greeting ?? '') !== '' });
    if (this.#speeches.waits) this.#dispatch({ type: 'speak', atMs: this.#nowMs() });
    transport.start(this.#transportListener());
  }

  /** Tells listeners about something odd; counted in the metrics. */
  warn(code: string, message: string): void {
    this.#reporter.warn(code, message);
  }

  /** Ends a session that cannot have its call: an `error` event says why. */
  fail(error: Error): void {
    if (this.#state.phase !== 'waiting') return;
    this.#startedMs = this.#parts.clock.nowMs();
    this.#reporter.error(error);
    void this.end(error instanceof ProviderError ? 'provider_error' : 'transport_error');
  }

  #inputListener(): ConstructorParameters<typeof InputPipeline>[0]['listener'] {
    return {
      onSpeechStart: (onsetMs) =>
        this.#dispatch({ type: 'speech_started', atMs: this.#nowMs(), onsetMs: onsetMs - this.#startedMs }),
      onSpeechEnd: (lastSpeechMs) => this.#speechEnded(lastSpeechMs - this.#startedMs),
      onPartial: (text) => {
        if (text !== '') this.#silence.heardWords();
        this.#dispatch({ type: 'stt_partial', atMs: this.#nowMs(), text });
      },
      onFinal: (text, endOfUtterance) => {
        if (text !== '') this.#silence.heardWords();
        this.#dispatch({ type: 'stt_final', atMs: this.#nowMs(), text, endOfUtterance });
      },
      onIncident: this.#onIncident,
      onFailure: (error) => void this.#recogniserFailed(error),
    };
  }

  #speechEnded(lastSpeechMs: number): void {
    const onsetMs = this.#state.caller?.onsetMs ?? lastSpeechMs;
    this.#dispatch({ type: 'speech_ended', atMs: this.#nowMs(), lastSpeechMs });
    const speechMs = this.#silence.speechEnded(lastSpeechMs - onsetMs);
    if (speechMs === null || !this.#input) return;
    const { encoding, sampleRateHz } = this.#input.format;
    const seconds = (speechMs / 1000).toFixed(1);
    this.warn(
      'silent_recogniser',
      `${seconds} s of speech and not a word from ${this.#parts.stt.name}, which is told that it gets ${encoding} at ${sampleRateHz} Hz: check the encoding and the language that it is set to.`,
    );
  }

  /** Nobody can hear the caller any more: they are told so, and the call ends unless the config wants it to go on. */
  async #recogniserFailed(error: ProviderError): Promise<void> {
    this.#reporter.error(error);
    const { agent, clock } = this.#parts;
    if (agent && agent.apology !== '' && !this.#hasEnded())
      await within(clock, apologyWithinMs, this.speak(agent.apology));
    if (agent?.afterFailure !== 'go_on') await this.end('provider_error');
  }

  #transportListener(): Parameters<Transport['start']>[0] {
    return {
      onAudio: (frame) => this.#input?.push(frame),
      onHeard: (mark) => this.#heard(mark),
      onDtmf: (digit) => this.#emit({ type: 'dtmf', turn: this.#state.nextTurn, digit }),
      onTypedText: (text) => this.#dispatch({ type: 'typed', atMs: this.#nowMs(), text }),
      onWarning: ({ code, message }) => this.warn(code, message),
      onEnd: (reason, cause) => {
        if (reason === 'transport_error') this.#reporter.error({ message: this.#transportProblem(cause) });
        const endReason = reason === 'closed' ? 'ended' : reason;
        this.#dispatch({ type: 'end', atMs: this.#nowMs(), reason: endReason });
      },
    };
  }

  #heard({
    positionSamples,
    atMs,
    origin,
  }: Parameters<Parameters<Transport['start']>[0]['onHeard']>[0]): void {
    const record = this.#record;
    if (!record?.pipeline?.released) return;
    if (positionSamples === record.pipeline.baseSamples && record.ear === null) {
      record.ear = origin;
      record.moments.earMs = atMs - this.#startedMs;
    } else if (positionSamples === record.pipeline.answerSamples) {
      record.moments.answerMs = atMs - this.#startedMs;
    } else if (record.pipeline.finished && positionSamples >= record.pipeline.endSamples) {
      this.#playedOut(record);
    }
  }

  #playedOut(record: TurnRecord): void {
    const { pipeline } = record;
    // Of an answer that broke off, only what had sound was heard.
    if (pipeline)
      record.heardText = pipeline.failed ? pipeline.heardText(pipeline.endSamples) : pipeline.spoken.text;
    this.#dispatch({ type: 'played_out', atMs: this.#nowMs(), turn: record.turn });
  }

  #dispatch(input: MachineInput): void {
    this.#inputs.push(input);
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) {
        // What was to be spoken may have been dropped since.
        if (next.type === 'speak' && !this.#speeches.waits) continue;
        const { state, effects } = transition(this.#state, next, this.#parts.turnTaking);
        this.#state = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#dispatching = false;
    }
  }

  #perform(effect: MachineEffect): void {
    switch (effect.type) {
      case 'emit':
        return this.#emit(effect.event);
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
      case 'start_turn':
        return this.#startTurn(effect.turn, effect.commitMs, effect.again);
      case 'speak_now':
        return this.#speakNow(effect.turn);
      case 'drop_answer':
        this.#recordOf(effect.turn)?.pipeline?.abort();
        if (effect.revoked) this.#speeches.revoke(effect.turn);
        return;
      case 'release_audio':
        return this.#release(effect.turn);
      case 'pause_playout':
        return this.#pause(effect.turn);
      case 'resume_playout':
        return this.#resume(effect.turn);
      case 'cut_playout':
        return this.#cut(effect.turn);
      case 'end_turn':
        return this.#endTurn(effect.turn, effect.aborted);
      case 'end_session':
        return this.#endSession(effect.reason);
    }
  }

  #timerFired(timer: TimerName): void {
    if (timer === 'final' && this.#input?.recover()) {
      // The words are on their way: a recogniser that is being replaced hears them again.
      return this.#timers.set('final', recoveryPollMs, () => this.#timerFired('final'));
    }
    const speechLikely = this.#input?.speechLikely ?? false;
    this.#dispatch({ type: 'timer', atMs: this.#nowMs(), timer, speechLikely });
  }

  #startTurn(turn: AgentTurn, commitMs: number, again: boolean): void {
    const record = (again ? this.#recordOf(turn.turn) : null) ?? new TurnRecord(turn.turn, turn.kind);
    record.begin(turn, commitMs);
    this.#record = record;
    if (turn.text !== '') this.#history.setUser(turn.turn, turn.text);
    const { agent, llm, turnTaking } = this.#parts;
    if (!agent || turn.kind === 'unprompted') return;
    if (turn.kind === 'greeting') this.#startOutput(record, { from: 'user', text: [agent.greeting] });
    else if (turn.kind === 'sorry')
      this.#startOutput(record, { from: 'user', text: [turnTaking.sorryPrompt] });
    else if (llm) {
      this.#startOutput(record, { from: 'model', model: llm, history: this.#history, tools: agent.tools });
    }
  }

  #speakNow(turn: number): void {
    const record = this.#recordOf(turn);
    const text = record && this.#speeches.take(turn);
    if (record && text) this.#startOutput(record, { from: 'user', text });
  }

  #startOutput(record: TurnRecord, source: TextSource): void {
    const { transport, playout, providers } = this.#live();
    const { agent, lastResort } = this.#parts;
    record.pipeline = new OutputPipeline({
      turn: record.turn,
      sessionId: this.id,
      source,
      tools: this.#tools,
      tts: providers.tts,
      format: negotiateFormat(transport.outputFormat, providers.tts.produces),
      transport,
      clock: this.#parts.clock,
      apology: agent?.apology ?? '',
      lastResort,
      language: agent?.language ?? 'en',
      filler: agent?.filler ?? '',
      fillerAfterMs: agent?.fillerAfterMs ?? 0,
      sessionSignal: this.#abort.signal,
      listener: this.#outputListener(record),
    });
    playout.begin();
    record.pipeline.start();
  }

  #outputListener(record: TurnRecord): OutputListener {
    const { turn, moments } = record;
    return {
      onModelStart: () => (moments.llmStartMs = this.#nowMs()),
      onFirstToken: () => {
        moments.llmFirstTokenMs = this.#nowMs();
        this.#emit({ type: 'llm.first_token', turn });
      },
      onToken: (text) => this.#emit({ type: 'llm.token', turn, text }),
      onToolCall: (call) => {
        record.toolStarted(this.#nowMs());
        this.#emit({
          type: 'llm.tool_call',
          turn,
          callId: call.id,
          name: call.name,
          arguments: call.arguments,
        });
      },
      onFiller: () => record.fillerStarted(this.#nowMs()),
      onToolResult: (call, result, failed, durationMs) => {
        record.toolEnded(this.#nowMs());
        const { id: callId, name } = call;
        this.#emit({ type: 'llm.tool_result', turn, callId, name, result, failed, durationMs });
      },
      onText: (text) => {
        record.response = text;
        if (record.pipeline?.released) this.#emitResponse(record);
      },
      onSpeechStart: () => (moments.ttsStartMs = this.#nowMs()),
      onAudioReady: () => {
        moments.ttsFirstAudioMs = this.#nowMs();
        const speechLikely = this.#input?.speechLikely ?? false;
        this.#dispatch({ type: 'audio_ready', atMs: this.#nowMs(), turn, speechLikely });
      },
      onFinished: ({ played, failed, endsCall }) => {
        const atMs = this.#nowMs();
        if (played) return this.#dispatch({ type: 'output_finished', atMs, turn, failed, endsCall });
        this.#emitResponse(record);
        this.#dispatch({ type: 'nothing_to_play', atMs, turn, failed, endsCall });
      },
      onError: (error) => this.#reporter.error(error),
      onIncident: this.#onIncident,
    };
  }

  #release(turn: number): void {
    const record = this.#recordOf(turn);
    if (!record?.pipeline) return;
    record.moments.releasedMs = this.#nowMs();
    record.pipeline.release();
    record.moments.audioSentMs = this.#nowMs();
    this.#playout?.started(record.pipeline.baseSamples);
    if (record.response !== null) this.#emitResponse(record);
  }

  #pause(turn: number): void {
    const { playout } = this.#live();
    void playout.pause().then((heard) => {
      const record = this.#recordOf(turn);
      const pipeline = record?.pipeline;
      if (record && pipeline?.finished && heard.positionSamples >= pipeline.endSamples)
        this.#playedOut(record);
    });
  }

  #resume(turn: number): void {
    const { playout } = this.#live();
    void playout.resume((positionSamples) => {
      const pipeline = this.#recordOf(turn)?.pipeline;
      return pipeline ? pipeline.resumePosition(positionSamples) : positionSamples;
    });
  }

  #cut(turn: number): void {
    const { playout } = this.#live();
    const record = this.#recordOf(turn);
    record?.pipeline?.abort();
    this.#speeches.drop(this.#currentTurn());
    void playout.clear().then(({ positionSamples, origin }) => {
      const heardText = record?.pipeline?.heardText(positionSamples) ?? '';
      if (record) record.heardText = heardText;
      this.#dispatch({ type: 'cut_done', atMs: this.#nowMs(), turn, heardText, heard: origin });
    });
  }

  #endTurn(turn: number, aborted: TurnMetrics['aborted']): void {
    const record = this.#recordOf(turn);
    if (!record) return;
    this.#record = null;
    if (aborted === 'hangup' || aborted === 'ended') {
      record.heardText = record.pipeline?.heardText(this.#playout?.estimate() ?? 0) ?? '';
    }
    record.pipeline?.abort();
    this.#history.setHeard(turn, record.heardText);
    const metrics = record.metrics(aborted);
    this.#turns.push(metrics);
    if (this.#turns.length > maxTurnMetrics) this.#turns.shift();
    this.#emit({ type: 'turn.end', turn, latency: metrics.latency, aborted, heardText: record.heardText });
    this.#speeches.finish({ turn, heardText: record.heardText, interrupted: aborted !== null });
    this.#noteActivity();
    if (record.pipeline?.failed && this.#parts.agent?.afterFailure === 'end')
      return void this.end('provider_error');
    if (this.#speeches.waits) this.#dispatch({ type: 'speak', atMs: this.#nowMs() });
  }

  #endSession(reason: SessionEndReason): void {
    this.#abort.abort();
    this.#timers.close();
    this.#record?.pipeline?.abort();
    this.#speeches.drop(this.#currentTurn());
    const down = Promise.allSettled([this.#input?.close(), this.#transport?.close()]);
    this.#providers?.close();
    this.#emit({
      type: 'session.end',
      turn: this.#currentTurn(),
      reason,
      durationMs: toMicroseconds(this.#nowMs()),
    });
    this.#reporter.clear();
    void within(this.#parts.clock, closeWithinMs, down).then(() => this.#resolveClosed());
  }

  #hasEnded(): boolean {
    return this.#abort.signal.aborted;
  }

  #live(): {
    readonly transport: Transport;
    readonly playout: Playout;
    readonly providers: MatchedProviders;
  } {
    const [transport, playout, providers] = [this.#transport, this.#playout, this.#providers];
    if (!transport || !playout || !providers) throw new InvalidStateError(`Session ${this.id} has no call.`);
    return { transport, playout, providers };
  }

  #recordOf(turn: number): TurnRecord | null {
    return this.#record?.turn === turn ? this.#record : null;
  }

  #currentTurn(): number {
    return this.#state.agent?.turn ?? Math.max(0, this.#state.nextTurn - 1);
  }

  #nowMs(): number {
    return this.#parts.clock.nowMs() - this.#startedMs;
  }

  /** Someone speaks, or has just spoken: the idle clock starts anew. */
  #noteActivity(): void {
    const { idleTimeoutMs } = this.#parts.limits;
    this.#timers.set('idle', idleTimeoutMs, () => {
      const agentIsBusy = this.#state.agent !== null && this.#state.agent.phase !== 'awaiting';
      if (agentIsBusy || this.#state.caller?.speaking) return this.#noteActivity();
      void this.end('idle_timeout');
    });
  }

  #emitStart({ type, call }: Transport): void {
    const { stt, llm, tts } = this.#parts;
    const providers = { stt: stt.name, llm: llm?.name ?? 'none', tts: tts.name };
    const { parameters, callId, from, to } = call;
    this.#emit({
      type: 'session.start',
      turn: 0,
      transport: type,
      providers,
      ...(callId !== undefined && { callId }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      parameters,
    });
  }

  #emitResponse(record: TurnRecord): void {
    if (record.kind !== 'answer' || !this.managed || record.response === null || record.response === '')
      return;
    this.#emit({ type: 'llm.response', turn: record.turn, text: record.response });
    record.response = null;
  }

  #transportProblem(cause: Error | undefined): string {
    return `The ${this.#parts.transportType} connection failed: ${cause?.message ?? 'no reason given'}`;
  }

  #emit(draft: Parameters<SessionReporter['emit']>[0]): void {
    this.#reporter.emit(draft);
  }

  #noteEvent({ type }: SessionEvent): void {
    if (type === 'speech.start' || type === 'transcript.final') this.#noteActivity();
  }
}
