import type { ProviderRequest } from '../events/provider-incident.js';
import type { TurnAbortReason } from '../events/session-event.js';
import {
  turnLatency,
  type AbsentReason,
  type TurnLatency,
  type TurnMoments,
} from '../metrics/turn-latency.js';
import type { Usage } from '../metrics/usage-ledger.js';
import type { Origin } from '../transport/transport.js';
import type { OutputPipeline } from './output/output-pipeline.js';
import type { SpeculationCounts } from './speculative-answers.js';
import type { AgentTurn, OutputStage, TurnKind } from './turn-taking/session-state.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A turn as `getMetrics()` reports it. */
export interface TurnMetrics {
  readonly turn: number;
  readonly kind: TurnKind;
  /** What the caller said. */
  readonly text: string;
  /** What the caller heard of the answer. */
  readonly heardText: string;
  readonly aborted: TurnAbortReason | null;
  readonly latency: TurnLatency;
  /**
   * The vendors' ids of the turn's requests and of the recogniser's connection. Requests without an id are missing.
   */
  readonly requests: readonly ProviderRequest[];
  /** What answers that were begun before the turn was committed came to; null if there was none. */
  readonly speculation: SpeculationCounts | null;
  /** What the providers were used for since the last turn ended. */
  readonly usage: Usage;
}

/** The state of a turn while it runs. Times are milliseconds since `session.start`. */
export class TurnRecord {
  readonly turn: number;
  readonly kind: TurnKind;
  text: string;
  moments: Writable<TurnMoments> = {};
  ear: Origin | null = null;
  pipeline: OutputPipeline | null = null;
  /** Hears of the output, and emits the answer once it can no longer be revoked. */
  listener: { emitResponse(): void } | null = null;
  /** The turn's requests, with the vendors' ids. */
  readonly requests: ProviderRequest[] = [];
  /** The output stage that was last dispatched to the state machine. */
  stage: OutputStage | null = null;
  /** The model's whole answer, once known; emitted when it can no longer be revoked. */
  response: string | null = null;
  /** What the caller heard, once the turn was cut or played to its end. */
  heardText = '';
  #runningTools = 0;
  #toolsSinceMs = 0;

  constructor(turn: number, kind: TurnKind) {
    this.turn = turn;
    this.kind = kind;
    this.text = '';
  }

  /** Begins the turn, or begins it again after `turn.continued`; only the latest commit counts. */
  begin({ text, timing }: AgentTurn, commitMs: number): void {
    this.moments = timing ? { ...timing, commitMs } : {};
    this.text = text;
    this.response = null;
    this.stage = null;
  }

  toolStarted(nowMs: number): void {
    if (this.#runningTools++ === 0) this.#toolsSinceMs = nowMs;
  }

  /** The filler is about to be spoken: the caller's wait in silence ends. */
  fillerStarted(nowMs: number): void {
    this.moments.filler = true;
    // The filler also covers a model that reasons.
    if (this.#runningTools > 0)
      this.moments.toolsMs = (this.moments.toolsMs ?? 0) + nowMs - this.#toolsSinceMs;
  }

  /** Whether tools that this turn called are still running. */
  get runsTools(): boolean {
    return this.#runningTools > 0;
  }

  toolEnded(nowMs: number): void {
    const isHeardAlready = this.moments.filler === true || this.moments.ttsFirstAudioMs !== undefined;
    if (--this.#runningTools > 0 || isHeardAlready) return;
    if (this.moments.llmStartMs === undefined) {
      // The tool belongs to the revoked answer; the new answer's model waited for it.
      this.moments.toolsReadyMs = nowMs;
      return;
    }
    this.moments.toolsMs = (this.moments.toolsMs ?? 0) + nowMs - this.#toolsSinceMs;
  }

  metrics(
    aborted: TurnAbortReason | null,
    { speculation, usage }: Pick<TurnMetrics, 'speculation' | 'usage'>,
  ): TurnMetrics {
    const { turn, kind, text, heardText, requests } = this;
    const latency = this.#latency(aborted);
    return { turn, kind, text, heardText, aborted, latency, requests: [...requests], speculation, usage };
  }

  #latency(aborted: TurnAbortReason | null): TurnLatency {
    return turnLatency(this.moments, this.ear, this.#absentReason(aborted));
  }

  #absentReason(aborted: TurnAbortReason | null): AbsentReason {
    if (this.kind === 'greeting' || this.kind === 'unprompted') return this.kind;
    if (aborted) return aborted;
    if (!this.pipeline) return 'unanswered';
    return this.moments.audioSentMs === undefined ? 'no_audio' : 'ear_not_reported';
  }
}
