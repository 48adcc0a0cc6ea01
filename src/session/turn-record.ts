import type { TurnAbortReason } from '../events/session-event.js';
import {
  turnLatency,
  type AbsentReason,
  type TurnLatency,
  type TurnMoments,
} from '../metrics/turn-latency.js';
import type { Origin } from '../transport/transport.js';
import type { OutputPipeline } from './output-pipeline.js';
import type { AgentTurn, TurnKind } from './session-state.js';

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
}

/** What the session notes about a turn while it runs. Times are milliseconds since `session.start`. */
export class TurnRecord {
  readonly turn: number;
  readonly kind: TurnKind;
  text: string;
  moments: Writable<TurnMoments> = {};
  ear: Origin | null = null;
  pipeline: OutputPipeline | null = null;
  /** The model's whole answer, once known; told to listeners when it can no longer be revoked. */
  response: string | null = null;
  /** What was heard, once the turn was cut or played out. */
  heardText = '';
  #runningTools = 0;
  #toolsSinceMs = 0;

  constructor(turn: number, kind: TurnKind) {
    this.turn = turn;
    this.kind = kind;
    this.text = '';
  }

  /** Begins, or begins again after it was continued: only the latest commit counts. */
  begin({ text, timing }: AgentTurn, commitMs: number): void {
    this.moments = timing ? { ...timing, commitMs } : {};
    this.text = text;
    this.response = null;
  }

  toolStarted(nowMs: number): void {
    if (this.#runningTools++ === 0) this.#toolsSinceMs = nowMs;
  }

  /** The filler is about to be spoken: what follows is no longer waiting in silence. */
  fillerStarted(nowMs: number): void {
    this.moments.filler = true;
    this.moments.toolsMs = (this.moments.toolsMs ?? 0) + nowMs - this.#toolsSinceMs;
  }

  toolEnded(nowMs: number): void {
    const isHeardAlready = this.moments.filler === true || this.moments.ttsFirstAudioMs !== undefined;
    if (--this.#runningTools > 0 || isHeardAlready) return;
    if (this.moments.llmStartMs === undefined) {
      // A tool of the answer that was revoked: the new one's model has waited for it.
      this.moments.toolsReadyMs = nowMs;
      return;
    }
    this.moments.toolsMs = (this.moments.toolsMs ?? 0) + nowMs - this.#toolsSinceMs;
  }

  metrics(aborted: TurnAbortReason | null): TurnMetrics {
    const { turn, kind, text, heardText } = this;
    return { turn, kind, text, heardText, aborted, latency: this.#latency(aborted) };
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
