/**
 * The way in: transport ── AudioFrame ──▶ voice activity ─▶ turn taking, and the same frames to speech-to-text.
 *
 * Lives as long as the call. Every frame goes to both, silence included; what the two say goes to the listener.
 */
import type { AudioFormat, AudioFrame } from '../audio/audio-frame.js';
import { rmsDbfs } from '../audio/level.js';
import type { Clock } from '../clock.js';
import type { ProviderError } from '../errors.js';
import type { OnIncident } from '../events/provider-incident.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../stt/speech-to-text.js';
import type { VoiceActivityDetector } from '../vad/voice-activity-detector.js';
import { FrameSlicer } from './frame-slicer.js';
import { SpeechSegmenter } from './speech-segmenter.js';
import type { TurnTaking } from './turn-taking.js';

export interface InputListener {
  /** `onsetMs` is on the clock given to the pipeline. */
  onSpeechStart(onsetMs: number): void;
  onSpeechEnd(lastSpeechMs: number): void;
  onPartial(text: string): void;
  onFinal(text: string, endOfUtterance: boolean): void;
  /** What the recogniser's supervisor does about a failure. */
  onIncident: OnIncident;
  /** The recogniser failed for good. */
  onFailure(error: ProviderError): void;
}

export interface InputPipelineOptions {
  readonly vad: VoiceActivityDetector;
  readonly stt: SpeechToText;
  readonly format: AudioFormat;
  readonly turnTaking: TurnTaking;
  readonly clock: Clock;
  readonly listener: InputListener;
}

const vadFrameMs = 20;

export class InputPipeline {
  readonly #options: InputPipelineOptions;
  readonly #segmenter: SpeechSegmenter;
  readonly #slicer: FrameSlicer;
  readonly #abort = new AbortController();
  #stream: SpeechToTextStream | null = null;
  #levelDbfs = -Infinity;

  constructor(options: InputPipelineOptions) {
    this.#options = options;
    this.#segmenter = new SpeechSegmenter(options.turnTaking);
    this.#slicer = new FrameSlicer((options.format.sampleRateHz * vadFrameMs) / 1000);
  }

  /** Speech was seen that is too short to be an onset yet. */
  get speechLikely(): boolean {
    return this.#segmenter.isTentative;
  }

  /** What the recogniser is given. */
  get format(): AudioFormat {
    return this.#options.format;
  }

  /** Level of the latest frame. */
  get levelDbfs(): number {
    return this.#levelDbfs;
  }

  start(): void {
    const { stt, format, listener } = this.#options;
    this.#stream = stt.open({
      format,
      signal: this.#abort.signal,
      onEvent: (event) => this.#onEvent(event),
      onIncident: listener.onIncident,
    });
  }

  /** Takes one frame of caller audio. */
  push(frame: AudioFrame): void {
    if (this.#abort.signal.aborted) return;
    this.#stream?.write(frame);
    const endMs = this.#options.clock.nowMs();
    this.#slicer.push(frame.samples, (samples) =>
      this.#judge({ samples, sampleRateHz: frame.sampleRateHz }, endMs),
    );
  }

  speechStarted(): void {
    this.#stream?.speechStarted?.();
  }

  flush(): void {
    this.#stream?.flush();
  }

  /** The answer to a flush is overdue. Returns whether it will come all the same. */
  recover(): boolean {
    return this.#stream?.recover?.() ?? false;
  }

  /** Frees the recogniser's stream and the detector. Idempotent. */
  async close(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#options.vad.close();
    await this.#stream?.close();
  }

  #judge(frame: AudioFrame, endMs: number): void {
    this.#levelDbfs = rmsDbfs(frame.samples);
    const speech = this.#options.vad.isSpeech(frame);
    const edge = this.#segmenter.push({ speech, levelDbfs: this.#levelDbfs, endMs, durationMs: vadFrameMs });
    if (edge?.type === 'start') this.#options.listener.onSpeechStart(edge.onsetMs);
    else if (edge) this.#options.listener.onSpeechEnd(edge.lastSpeechMs);
  }

  #onEvent(event: SttEvent): void {
    if (this.#abort.signal.aborted) return;
    const { listener } = this.#options;
    switch (event.type) {
      case 'partial':
        return listener.onPartial(event.text);
      case 'final':
        return listener.onFinal(event.text, event.endOfUtterance);
      case 'heard':
        return;
      case 'error':
        return this.#failed(event.error);
    }
  }

  #failed(error: ProviderError): void {
    void this.#stream?.close();
    this.#stream = null;
    this.#options.listener.onFailure(error);
  }
}
