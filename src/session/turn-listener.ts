import type { ProviderError } from '../core/errors.js';
import type { OnIncident } from '../events/provider-incident.js';
import type { ProviderUsage, UsageListener } from '../metrics/provider-usage.js';
import type { ToolCall } from '../providers/language-model.js';
import type { OutputListener } from './output/output-listener.js';
import type { SessionParts } from './session-parts.js';
import type { SessionReporter } from './session-reporter.js';
import type { TurnRecord } from './turn-record.js';
import type { MachineInput, OutputStage } from './turn-taking/session-state.js';

type OutputEnd = Parameters<OutputListener['onFinished']>[0];

export interface TurnListenerOptions {
  readonly parts: SessionParts;
  readonly reporter: SessionReporter;
  /** Milliseconds since `session.start`. */
  readonly nowMs: () => number;
  /** Whether the caller makes a sound that may become speech. */
  readonly speechLikely: () => boolean;
  /** Sends an input to the state machine. */
  readonly dispatch: (input: MachineInput) => void;
  /** `wasted`: by an answer that was dropped before its turn was certain. */
  readonly onUsage: UsageListener;
}

/** Turns the steps of a turn's output into events, moments of its record and inputs of the state machine. */
export class TurnListener implements OutputListener {
  readonly onIncident: OnIncident;
  readonly #record: TurnRecord;
  readonly #options: TurnListenerOptions;
  readonly #atMs: () => number;

  /** `atMs`: when the step happened that is being reported, in milliseconds since `session.start`. */
  constructor(record: TurnRecord, options: TurnListenerOptions, atMs: () => number) {
    this.onIncident = options.reporter.incident;
    this.#record = record;
    this.#options = options;
    this.#atMs = atMs;
  }

  onUsage(usage: ProviderUsage): void {
    this.#options.onUsage(usage, false);
  }

  onToolsAwaited(): void {
    this.#reached('tools');
  }

  onModelStart(): void {
    this.#record.moments.llmStartMs = this.#atMs();
    this.#reached('model');
  }

  onFirstToken(): void {
    this.#record.moments.llmFirstTokenMs = this.#atMs();
    this.#options.reporter.emit({ type: 'llm.first_token', turn: this.#record.turn });
  }

  onToken(text: string): void {
    if (this.#record.stage === 'model') this.#reached('text');
    this.#options.reporter.emit({ type: 'llm.token', turn: this.#record.turn, text });
  }

  onReasoning(text: string): void {
    const { parts, reporter } = this.#options;
    if (parts.agent?.reasoningEvents) reporter.emit({ type: 'llm.reasoning', turn: this.#record.turn, text });
  }

  onToolCall({ id: callId, name, arguments: given }: ToolCall): void {
    this.#record.toolStarted(this.#atMs());
    this.#reached('tools');
    const { turn } = this.#record;
    this.#options.reporter.emit({ type: 'llm.tool_call', turn, callId, name, arguments: given });
  }

  onFiller(): void {
    this.#record.fillerStarted(this.#atMs());
  }

  onToolResult({ id: callId, name }: ToolCall, result: string, failed: boolean, durationMs: number): void {
    this.#record.toolEnded(this.#atMs());
    // The model is asked again, with the results of its tools.
    if (!this.#record.runsTools) this.#reached('model');
    const { turn } = this.#record;
    this.#options.reporter.emit({ type: 'llm.tool_result', turn, callId, name, result, failed, durationMs });
  }

  onText(text: string): void {
    this.#record.response = text;
    if (this.#record.pipeline?.speech.released) this.emitResponse();
  }

  onSpeechStart(): void {
    this.#record.moments.ttsStartMs = this.#atMs();
    this.#reached('voice');
  }

  onAudioReady(): void {
    this.#record.moments.ttsFirstAudioMs = this.#atMs();
    const { dispatch, nowMs, speechLikely } = this.#options;
    const { turn } = this.#record;
    dispatch({ type: 'audio_ready', atMs: nowMs(), turn, speechLikely: speechLikely() });
  }

  onFinished({ played, failed, endsCall }: OutputEnd): void {
    const { dispatch, nowMs } = this.#options;
    const { turn } = this.#record;
    const atMs = nowMs();
    if (played) return dispatch({ type: 'output_finished', atMs, turn, failed, endsCall });
    this.emitResponse();
    dispatch({ type: 'nothing_to_play', atMs, turn, failed, endsCall });
  }

  onError(error: ProviderError): void {
    this.#options.reporter.error(error);
  }

  /** Emits the model's answer, once, when it can no longer be revoked. */
  emitResponse(): void {
    const { turn, kind, response } = this.#record;
    const { parts, reporter } = this.#options;
    if (kind !== 'answer' || !parts.agent || response === null || response === '') return;
    reporter.emit({ type: 'llm.response', turn, text: response });
    this.#record.response = null;
  }

  /** Dispatches the output stage of the turn if it changed. */
  #reached(stage: OutputStage): void {
    if (this.#record.stage === stage) return;
    this.#record.stage = stage;
    const { dispatch, nowMs } = this.#options;
    dispatch({ type: 'output_stage', atMs: nowMs(), turn: this.#record.turn, stage });
  }
}
