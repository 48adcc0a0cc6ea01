/**
 * Carries out the agent's turns: starts, releases, pauses and cuts their output, runs their tools, and keeps history,
 * records and metrics. `turn-taking/` decides when a turn begins and ends.
 */
import { InvalidStateError } from '../core/errors.js';
import type { ProviderRequest } from '../events/provider-incident.js';
import type { SessionEvent } from '../events/session-event.js';
import type { ChatMessage } from '../providers/language-model.js';
import type { HeardMark, Transport } from '../transport/transport.js';
import { ConversationHistory } from './conversation-history.js';
import type { Usage } from '../metrics/usage-ledger.js';
import { silenceDbfs } from './input/voice-level.js';
import type { AssumedWords, TextSource } from './output/answer-generator.js';
import { HeardProgress } from './output/heard-progress.js';
import type { OutputListener } from './output/output-listener.js';
import { OutputPipeline } from './output/output-pipeline.js';
import type { Playout } from './output/playout.js';
import { RunningTools } from './output/running-tools.js';
import { SpeechQueue } from './output/speech-queue.js';
import type { CallVoice } from './call-voice.js';
import type { Speakable, SpeakResult } from './session-parts.js';
import { SpeculativeAnswers, type EarlyAnswer, type SpeculationCounts } from './speculative-answers.js';
import { TurnListener, type TurnListenerOptions } from './turn-listener.js';
import { TurnRecord, type TurnMetrics } from './turn-record.js';
import type { MachineEffect } from './turn-taking/session-state.js';

/** Metrics of at most this many latest turns are kept. */
const maxTurnMetrics = 1000;

/** The state machine's effects that concern turns. */
export type TurnEffect = Extract<
  MachineEffect,
  {
    readonly type:
      | 'speculate'
      | 'drop_speculation'
      | 'start_turn'
      | 'speak_now'
      | 'drop_answer'
      | 'release_audio'
      | 'pause_playout'
      | 'resume_playout'
      | 'cut_playout'
      | 'end_turn';
  }
>;

/** The call's transport, playout and voice. */
export interface CallMedia {
  readonly transport: Transport;
  readonly playout: Playout;
  readonly voice: CallVoice;
}

export interface TurnRunnerOptions extends TurnListenerOptions {
  /** The open turn, else the last one. */
  readonly currentTurn: () => number;
  /** Whether the connection is lost, so that nothing can be played. */
  readonly isLost: () => boolean;
  /** Aborts tools when the session ends. */
  readonly sessionSignal: AbortSignal;
  /** What the session's providers were used for since the last call. */
  readonly takeUsage: () => Usage;
  /** A turn is over; `failed`: part of it could not be spoken. */
  readonly onTurnEnd: (failed: boolean) => void;
}

export class TurnRunner {
  readonly #options: TurnRunnerOptions;
  readonly #history: ConversationHistory;
  readonly #speeches = new SpeechQueue();
  readonly #tools = new RunningTools();
  readonly #metrics: TurnMetrics[] = [];
  readonly #heard: HeardProgress;
  readonly #early: SpeculativeAnswers;
  #media: CallMedia | null = null;
  /** The recogniser's connection, with the vendor's id; null if none was reported. */
  #hearing: ProviderRequest | null = null;
  /** Record of the open turn. */
  #record: TurnRecord | null = null;

  constructor(options: TurnRunnerOptions) {
    this.#options = options;
    const { parts, reporter } = options;
    this.#history = new ConversationHistory(parts.agent?.systemPrompt ?? null);
    this.#heard = new HeardProgress(
      parts.clock,
      () => this.#heardText(),
      (text, from) => {
        if (this.#record) reporter.emit({ type: 'agent.heard', turn: this.#record.turn, text, from });
      },
    );
    this.#early = new SpeculativeAnswers({
      reporter,
      onUsage: options.onUsage,
      nowMs: options.nowMs,
      make: (turn, text, listener) => this.#outputOf(turn, this.#modelSource({ turn, text }), listener, true),
    });
  }

  /** The conversation as the model sees it. */
  get messages(): readonly ChatMessage[] {
    return this.#history.messages();
  }

  /** Metrics of the ended turns, oldest first. */
  get metrics(): readonly TurnMetrics[] {
    return [...this.#metrics];
  }

  /** What answers that were begun early came to. */
  get speculation(): SpeculationCounts {
    return this.#early.counts;
  }

  /** The turn of the answer that was begun early; null if there is none. */
  get speculativeTurn(): number | null {
    return this.#early.turn;
  }

  /** Level of the open turn at the current playout position, in dBFS. */
  get levelDbfs(): number {
    const position = this.#media?.playout.estimate() ?? 0;
    return this.#record?.pipeline?.speech.levelAt(position) ?? silenceDbfs;
  }

  /** Whether speech from `speak()` is waiting. */
  get waits(): boolean {
    return this.#speeches.waits;
  }

  /** Whether no turn is open. */
  get isIdle(): boolean {
    return this.#record === null;
  }

  /** The session has other parts. `answers`: what answers are made with has changed. */
  changed(answers: boolean): void {
    // At once: the machine hears of the change after its current input, and the voice is replaced before that.
    if (answers) this.#early.drop('changed');
    this.#history.instruct(this.#options.parts.agent?.systemPrompt ?? null);
  }

  /** The call has begun; turns can be played. */
  connected(media: CallMedia): void {
    this.#media = media;
  }

  /** Queues a text of the application. Resolves when it was played to its end, cut or dropped. */
  speak(text: Speakable): Promise<SpeakResult> {
    return this.#speeches.add(text);
  }

  /** Drops the waiting speech and resolves its promises as interrupted. */
  dropWaiting(): void {
    this.#speeches.drop(this.#options.currentTurn());
  }

  perform(effect: TurnEffect): void {
    switch (effect.type) {
      case 'speculate':
        return this.#early.begin(effect.turn, effect.text);
      case 'drop_speculation':
        return this.#early.drop(effect.reason);
      case 'start_turn':
        return this.#start(effect);
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
        return this.#end(effect.turn, effect.aborted);
    }
  }

  /** Playout has reached a watched position; `atMs` is milliseconds since `session.start`. */
  heard({ positionSamples, atMs, origin }: HeardMark): void {
    const record = this.#record;
    if (!record?.pipeline?.speech.released) return;
    if (positionSamples === record.pipeline.speech.baseSamples && record.ear === null) {
      record.ear = origin;
      record.moments.earMs = atMs;
    } else if (positionSamples === record.pipeline.speech.answerSamples) {
      record.moments.answerMs = atMs;
    } else if (record.pipeline.speech.finished && positionSamples >= record.pipeline.speech.endSamples) {
      this.#playedOut(record);
    }
  }

  /** A provider has reported the vendor's id of a request. */
  requested({ turn, kind, provider, requestId }: SessionEvent<'provider.request'>): void {
    const request = { kind, provider, requestId };
    if (kind === 'stt') this.#hearing = request;
    else if (this.#early.turn === turn) this.#early.requested(request);
    else this.#recordOf(turn)?.requests.push(request);
  }

  /** The session ends: aborts the open turn and drops the waiting speech. */
  stop(): void {
    this.#heard.stop();
    this.#record?.pipeline?.abort();
    this.#early.drop('ended');
    this.dropWaiting();
  }

  #start({ turn, commitMs, again, adopts }: Extract<TurnEffect, { type: 'start_turn' }>): void {
    const early = adopts ? this.#early.adopt() : null;
    const record = (again ? this.#recordOf(turn.turn) : null) ?? new TurnRecord(turn.turn, turn.kind);
    record.begin(turn, commitMs);
    if (this.#hearing && turn.timing && !record.requests.includes(this.#hearing))
      record.requests.push(this.#hearing);
    this.#record = record;
    if (turn.text !== '') this.#history.setUser(turn.turn, turn.text);
    if (early) return this.#adopt(early, record);
    const { agent, llm, turnTaking } = this.#options.parts;
    if (!agent || turn.kind === 'unprompted') return;
    if (turn.kind === 'greeting') this.#startOutput(record, { from: 'user', text: [agent.greeting] });
    else if (turn.kind === 'reprompt')
      this.#startOutput(record, { from: 'user', text: [turnTaking.reprompt] });
    else if (llm) this.#startOutput(record, this.#modelSource());
  }

  /** The committed turn takes over the answer that was begun for it. */
  #adopt({ pipeline, listener, requests }: EarlyAnswer, record: TurnRecord): void {
    record.requests.push(...requests);
    record.pipeline = pipeline;
    const outer = new TurnListener(record, this.#options, () => listener.atMs);
    record.listener = outer;
    this.#live().playout.begin();
    pipeline.commit();
    listener.passTo(outer);
  }

  /** `assumed`: the caller's words, which are not committed yet. */
  #modelSource(assumed: AssumedWords | null = null): TextSource {
    const { agent, llm } = this.#options.parts;
    if (!agent || !llm) throw new InvalidStateError(`Session ${this.#options.parts.id} has no agent.`);
    return { from: 'model', model: llm, history: this.#history, tools: agent.tools, assumed };
  }

  #speakNow(turn: number): void {
    const record = this.#recordOf(turn);
    const text = record && this.#speeches.take(turn);
    if (record && text) this.#startOutput(record, { from: 'user', text });
  }

  #startOutput(record: TurnRecord, source: TextSource): void {
    const listener = new TurnListener(record, this.#options, this.#options.nowMs);
    record.listener = listener;
    record.pipeline = this.#outputOf(record.turn, source, listener, false);
    this.#live().playout.begin();
    record.pipeline.start();
  }

  #outputOf(turn: number, source: TextSource, listener: OutputListener, isEarly: boolean): OutputPipeline {
    const { playout, voice } = this.#live();
    const { id, clock, agent, fallbackVoice } = this.#options.parts;
    return new OutputPipeline({
      turn,
      sessionId: id,
      source,
      isEarly,
      tools: this.#tools,
      tts: voice.tts,
      format: voice.format,
      transport: playout,
      clock,
      apology: agent?.apology ?? '',
      fallbackVoice,
      language: agent?.language ?? 'en',
      filler: agent?.filler ?? '',
      fillerAfterMs: agent?.fillerAfterMs ?? 0,
      sessionSignal: this.#options.sessionSignal,
      listener,
    });
  }

  #release(turn: number): void {
    const record = this.#recordOf(turn);
    if (!record?.pipeline) return;
    const { nowMs } = this.#options;
    record.moments.releasedMs = nowMs();
    record.pipeline.speech.release();
    record.moments.audioSentMs = nowMs();
    this.#media?.playout.started(record.pipeline.speech.baseSamples);
    this.#heard.start();
    record.listener?.emitResponse();
  }

  #pause(turn: number): void {
    const { playout } = this.#live();
    void playout.pause().then((heard) => {
      const record = this.#recordOf(turn);
      const pipeline = record?.pipeline;
      if (record && pipeline?.speech.finished && heard.positionSamples >= pipeline.speech.endSamples)
        this.#playedOut(record);
    });
  }

  #resume(turn: number): void {
    const { playout } = this.#live();
    // When the connection is back, the turn is resumed again.
    if (this.#options.isLost()) return;
    void playout.resume((positionSamples) => {
      const pipeline = this.#recordOf(turn)?.pipeline;
      return pipeline?.speech.released ? pipeline.speech.resumePosition(positionSamples) : positionSamples;
    });
  }

  #cut(turn: number): void {
    const { playout } = this.#live();
    const record = this.#recordOf(turn);
    this.#heard.stop();
    record?.pipeline?.abort();
    this.dropWaiting();
    void playout.clear().then(({ positionSamples, origin }) => {
      const heardText = record?.pipeline?.speech.heardText(positionSamples) ?? '';
      if (record) record.heardText = heardText;
      // Measured only if both are: the heard position, and the times of the words before it.
      const words = record?.pipeline?.speech.heardOrigin(positionSamples) ?? origin;
      const heard = words === 'estimated' ? words : origin;
      const { dispatch, nowMs } = this.#options;
      dispatch({ type: 'cut_done', atMs: nowMs(), turn, heardText, heard });
    });
  }

  /** What the caller has heard of the open turn until now, by the estimated position. */
  #heardText(): string {
    return this.#record?.pipeline?.speech.heardText(this.#media?.playout.estimate() ?? 0) ?? '';
  }

  #playedOut(record: TurnRecord): void {
    const { pipeline } = record;
    // If the answer broke off, only the words that had audio were heard.
    if (pipeline) record.heardText = pipeline.speech.playedText;
    const { turn, heardText } = record;
    const { dispatch, nowMs } = this.#options;
    dispatch({ type: 'played_out', atMs: nowMs(), turn, heardText });
  }

  #end(turn: number, aborted: TurnMetrics['aborted']): void {
    const record = this.#recordOf(turn);
    if (!record) return;
    this.#heard.stop();
    if (aborted === 'hangup' || aborted === 'ended') record.heardText = this.#heardText();
    this.#record = null;
    const { pipeline, heardText } = record;
    pipeline?.abort();
    this.#history.setHeard(turn, heardText);
    const { reporter, takeUsage, onTurnEnd } = this.#options;
    const usage = takeUsage();
    const metrics = record.metrics(aborted, { speculation: this.#early.take(turn), usage });
    this.#metrics.push(metrics);
    if (this.#metrics.length > maxTurnMetrics) this.#metrics.shift();
    reporter.emit({ type: 'turn.end', turn, latency: metrics.latency, aborted, heardText, usage });
    this.#speeches.finish({ turn, heardText, interrupted: aborted !== null });
    onTurnEnd(pipeline?.speech.failed ?? false);
  }

  #live(): CallMedia {
    if (!this.#media) throw new InvalidStateError(`Session ${this.#options.parts.id} has no call.`);
    return this.#media;
  }

  #recordOf(turn: number): TurnRecord | null {
    return this.#record?.turn === turn ? this.#record : null;
  }
}
