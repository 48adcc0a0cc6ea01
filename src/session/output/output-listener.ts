import type { ProviderError } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import type { ProviderUsage } from '../../metrics/provider-usage.js';
import type { ToolCall } from '../../providers/language-model.js';

/** Receives the steps of a turn's output. */
export interface OutputListener {
  onModelStart(): void;
  /** The model is asked only after the tools of an earlier answer have ended. */
  onToolsAwaited(): void;
  onFirstToken(): void;
  onToken(text: string): void;
  /** The model's reasoning. */
  onReasoning(text: string): void;
  onToolCall(call: ToolCall): void;
  onToolResult(call: ToolCall, result: string, failed: boolean, durationMs: number): void;
  /** The whole text is known. */
  onText(text: string): void;
  /** The first speakable text went to speech synthesis. */
  onSpeechStart(): void;
  /** The first audio is ready behind the gate. */
  onAudioReady(): void;
  /** Everything was handed to the transport; also called when there was nothing to play. */
  onFinished(end: { readonly played: boolean; readonly failed: boolean; readonly endsCall: boolean }): void;
  onError(error: ProviderError): void;
  /** A tool or the model's reasoning keeps the caller waiting: the filler went to speech synthesis. */
  onFiller(): void;
  /** Incidents of the turn's providers. */
  onIncident: OnIncident;
  /** What the turn's providers were used for; possibly after the turn's end. */
  onUsage(usage: ProviderUsage): void;
}
