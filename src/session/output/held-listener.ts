import type { ProviderError } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import type { ProviderUsage, UsageListener } from '../../metrics/provider-usage.js';
import type { ToolCall } from '../../providers/language-model.js';
import type { OutputListener } from './output-listener.js';

type OutputEnd = Parameters<OutputListener['onFinished']>[0];

export interface HeldListenerOptions {
  readonly onIncident: OnIncident;
  /** `wasted`: by an answer that was dropped. */
  readonly onUsage: UsageListener;
  /** Milliseconds since `session.start`. */
  readonly nowMs: () => number;
}

/**
 * Keeps what an answer reports until its turn is committed; then passes it on, and everything later at once. Incidents
 * of providers concern the session and are passed on at once.
 */
export class HeldListener implements OutputListener {
  readonly onIncident: OnIncident;
  readonly #nowMs: () => number;
  #held: { readonly atMs: number; readonly pass: (listener: OutputListener) => void }[] = [];
  #listener: OutputListener | null = null;
  #passingMs: number | null = null;
  #tokens = 0;
  #failure: ProviderError | null = null;
  readonly #onUsage: UsageListener;
  #usage: ProviderUsage[] = [];
  /** Null until it is known. */
  #wasted: boolean | null = null;

  constructor({ onIncident, onUsage, nowMs }: HeldListenerOptions) {
    this.onIncident = onIncident;
    this.#onUsage = onUsage;
    this.#nowMs = nowMs;
  }

  /** When that happened which is being passed on, in milliseconds since `session.start`. */
  get atMs(): number {
    return this.#passingMs ?? this.#nowMs();
  }

  /** How many pieces of text the model has sent. */
  get tokens(): number {
    return this.#tokens;
  }

  /** The first failure of the model or the voice; null if there was none. */
  get failure(): ProviderError | null {
    return this.#failure;
  }

  /** The turn is committed. */
  passTo(listener: OutputListener): void {
    this.#settleUsage(false);
    this.#listener = listener;
    for (const { atMs, pass } of this.#held.splice(0)) {
      this.#passingMs = atMs;
      pass(listener);
    }
    this.#passingMs = null;
  }

  /** The answer is dropped: what it used was wasted. */
  drop(): void {
    this.#settleUsage(true);
  }

  onUsage(usage: ProviderUsage): void {
    if (this.#wasted === null) this.#usage.push(usage);
    else this.#onUsage(usage, this.#wasted);
  }

  onModelStart(): void {
    this.#tell((listener) => listener.onModelStart());
  }

  onToolsAwaited(): void {
    this.#tell((listener) => listener.onToolsAwaited());
  }

  onFirstToken(): void {
    this.#tell((listener) => listener.onFirstToken());
  }

  onToken(text: string): void {
    this.#tokens++;
    this.#tell((listener) => listener.onToken(text));
  }

  onReasoning(text: string): void {
    this.#tell((listener) => listener.onReasoning(text));
  }

  onToolCall(call: ToolCall): void {
    this.#tell((listener) => listener.onToolCall(call));
  }

  onToolResult(call: ToolCall, result: string, failed: boolean, durationMs: number): void {
    this.#tell((listener) => listener.onToolResult(call, result, failed, durationMs));
  }

  onText(text: string): void {
    this.#tell((listener) => listener.onText(text));
  }

  onSpeechStart(): void {
    this.#tell((listener) => listener.onSpeechStart());
  }

  onAudioReady(): void {
    this.#tell((listener) => listener.onAudioReady());
  }

  onFinished(end: OutputEnd): void {
    this.#tell((listener) => listener.onFinished(end));
  }

  onError(error: ProviderError): void {
    this.#failure ??= error;
    this.#tell((listener) => listener.onError(error));
  }

  onFiller(): void {
    this.#tell((listener) => listener.onFiller());
  }

  #settleUsage(wasted: boolean): void {
    this.#wasted = wasted;
    for (const usage of this.#usage.splice(0)) this.#onUsage(usage, wasted);
  }

  #tell(pass: (listener: OutputListener) => void): void {
    if (this.#listener) return pass(this.#listener);
    this.#held.push({ atMs: this.#nowMs(), pass });
  }
}
