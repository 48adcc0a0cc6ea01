import { negotiateFormat, type AudioFormat } from '../../audio/audio-frame.js';
import type { ProviderError } from '../../core/errors.js';
import type { SttUsage, UsageListener } from '../../metrics/provider-usage.js';
import type { CallVoice } from '../call-voice.js';
import type { SessionParts } from '../session-parts.js';
import type { SessionReporter } from '../session-reporter.js';
import type { MachineInput } from '../turn-taking/session-state.js';
import type { InputListener } from './input-pipeline.js';
import { SilentRecogniser } from './silent-recogniser.js';

export interface CallerListenerOptions {
  readonly parts: SessionParts;
  readonly reporter: SessionReporter;
  readonly voice: CallVoice;
  /** Format of the transport's audio. */
  readonly inputFormat: AudioFormat;
  /** Start of the session on the clock. */
  readonly startedMs: number;
  /** Milliseconds since `session.start`. */
  readonly nowMs: () => number;
  /** Onset of the current speech, in milliseconds since `session.start`; undefined without speech. */
  readonly onsetMs: () => number | undefined;
  /** The turn of events that do not belong to a specific turn. */
  readonly turn: () => number;
  /** Sends an input to the state machine. */
  readonly dispatch: (input: MachineInput) => void;
  readonly onUsage: UsageListener;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  /** The recogniser failed and all its retries too; `again`: for the second time without a word in between. */
  readonly onFailure: (error: ProviderError, again: boolean) => void;
}

/** Turns the input pipeline's results into inputs of the state machine. Warns if the recogniser gives no words. */
export class CallerListener implements InputListener {
  readonly onIncident;
  readonly #options: CallerListenerOptions;
  #silence = new SilentRecogniser();
  /** Whether the recogniser has failed without a word since. */
  #hasFailed = false;

  constructor(options: CallerListenerOptions) {
    this.#options = options;
    this.onIncident = options.reporter.incident;
  }

  onUsage(usage: SttUsage): void {
    this.#options.onUsage(usage, false);
  }

  onSpeechStart(onsetMs: number): void {
    const { dispatch, nowMs, startedMs } = this.#options;
    dispatch({ type: 'speech_started', atMs: nowMs(), onsetMs: onsetMs - startedMs });
    this.#preconnect();
  }

  onSpeechEnd(lastSpeechOnClockMs: number): void {
    const { dispatch, nowMs, startedMs, onsetMs } = this.#options;
    const lastSpeechMs = lastSpeechOnClockMs - startedMs;
    const speechMs = lastSpeechMs - (onsetMs() ?? lastSpeechMs);
    dispatch({ type: 'speech_ended', atMs: nowMs(), lastSpeechMs });
    const silentMs = this.#silence.speechEnded(speechMs);
    if (silentMs !== null) this.#warnOfSilence(silentMs);
  }

  onSpeechPause(silenceMs: number): void {
    const { dispatch, nowMs } = this.#options;
    dispatch({ type: 'speech_paused', atMs: nowMs(), silenceMs });
  }

  onSpeechResume(): void {
    const { dispatch, nowMs } = this.#options;
    dispatch({ type: 'speech_resumed', atMs: nowMs() });
  }

  onSoundIgnored(onsetMs: number, lastSpeechMs: number): void {
    const { reporter, startedMs, turn } = this.#options;
    reporter.emit({
      type: 'speech.ignored',
      turn: turn(),
      onsetMs: onsetMs - startedMs,
      lastSpeechMs: lastSpeechMs - startedMs,
    });
  }

  onNoVoice(): void {
    this.#options.reporter.warn(
      'no_voice',
      "The caller's side makes a sound in which no voice is heard. If it is a test tone, set turnTaking.voiceThreshold to 0.",
    );
  }

  onPartial(text: string, endLikely: boolean | undefined): void {
    if (text !== '') this.#heardWords();
    const { dispatch, nowMs } = this.#options;
    dispatch({ type: 'stt_partial', atMs: nowMs(), text, ...(endLikely !== undefined && { endLikely }) });
  }

  onFinal(text: string, endOfUtterance: boolean): void {
    if (text !== '') this.#heardWords();
    const { dispatch, nowMs } = this.#options;
    dispatch({ type: 'stt_final', atMs: nowMs(), text, endOfUtterance });
  }

  onFailure(error: ProviderError): void {
    const again = this.#hasFailed;
    this.#hasFailed = true;
    this.#options.onFailure(error, again);
  }

  onReplaced(): void {
    this.#silence = new SilentRecogniser();
    this.#hasFailed = false;
  }

  /** Opens connections early: an answer is likely soon and should not wait for them. */
  #preconnect(): void {
    const { parts, voice, signal } = this.#options;
    if (signal.aborted) return;
    parts.llm?.preconnect?.();
    voice.preconnect();
  }

  #heardWords(): void {
    this.#silence.heardWords();
    this.#hasFailed = false;
  }

  #warnOfSilence(speechMs: number): void {
    const { parts, reporter, inputFormat } = this.#options;
    const format = negotiateFormat(inputFormat, parts.stt.accepts);
    const seconds = (speechMs / 1000).toFixed(1);
    reporter.warn(
      'silent_recogniser',
      `${parts.stt.name} recognised no words in ${seconds} s of speech. It gets ${format.encoding} at ${format.sampleRateHz} Hz: check its encoding and its language.`,
    );
  }
}
