/**
 * The input path: transport ── AudioFrame ──▶ voice activity ─▶ turn taking, and the same frames to speech-to-text.
 *
 * Lives as long as the call. Every frame goes to both, silence included; the listener gets the results of both.
 */
import { negotiateFormat, type AudioFormat, type AudioFrame } from '../../audio/audio-frame.js';
import { rmsDbfs } from '../../audio/level.js';
import type { Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import type { SttUsage } from '../../metrics/provider-usage.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../../providers/speech-to-text.js';
import type { VoiceActivityDetector } from '../../vad/voice-activity-detector.js';
import type { VoiceCheck } from '../../vad/voice-check.js';
import { FrameSlicer } from '../output/frame-slicer.js';
import { LineSilence } from '../turn-taking/line-silence.js';
import { SpeechSegmenter, type SpeechBoundary } from './speech-segmenter.js';
import { laterPauses, type SpeculationLimits } from '../turn-taking/speculation-state.js';
import type { TurnTaking } from '../turn-taking/turn-taking.js';
import { VoiceStart, type WordsEvent } from './voice-start.js';

export interface InputListener {
  /** `onsetMs` is on the clock given to the pipeline. */
  onSpeechStart(onsetMs: number): void;
  /** The caller has paused for `silenceMs`; the speech may be over. */
  onSpeechPause(silenceMs: number): void;
  /** The caller goes on after a pause. */
  onSpeechResume(): void;
  onSpeechEnd(lastSpeechMs: number): void;
  /** A sound was no speech: there was no voice and no word in it. Times as above. */
  onSoundIgnored(onsetMs: number, lastSpeechMs: number): void;
  /** A sound has lasted for 1.5 s without a voice, in a call that had none so far. */
  onNoVoice(): void;
  /** `endLikely`: whether the recogniser thinks that the caller has finished, if it says. */
  onPartial(text: string, endLikely: boolean | undefined): void;
  onFinal(text: string, endOfUtterance: boolean): void;
  /** Incidents of the recogniser. */
  onIncident: OnIncident;
  /** What the recogniser was used for. */
  onUsage(usage: SttUsage): void;
  /** The recogniser failed and all its retries too. */
  onFailure(error: ProviderError): void;
  /** Another recogniser listens from now on. */
  onReplaced(): void;
}

export interface InputPipelineOptions {
  readonly vad: VoiceActivityDetector;
  /** Null: every sound that the detector takes for speech is speech. */
  readonly voiceCheck: VoiceCheck | null;
  readonly stt: SpeechToText;
  /** Format of the frames. */
  readonly inputFormat: AudioFormat;
  readonly turnTaking: TurnTaking;
  /** Null: no answer is begun early. */
  readonly speculation: SpeculationLimits | null;
  readonly clock: Clock;
  readonly listener: InputListener;
}

const vadFrameMs = 20;

export class InputPipeline {
  readonly #options: InputPipelineOptions;
  readonly #segmenter: SpeechSegmenter;
  readonly #voiceStart: VoiceStart;
  readonly #slicer: FrameSlicer;
  readonly #lineSilence: LineSilence;
  readonly #abort = new AbortController();
  #stream: SpeechToTextStream | null = null;
  #stt: SpeechToText;
  /** Settles when the streams of former recognisers are closed. */
  #retired: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #levelDbfs = -Infinity;

  constructor(options: InputPipelineOptions) {
    const { clock, turnTaking } = options;
    this.#options = options;
    this.#stt = options.stt;
    this.#lineSilence = new LineSilence(clock, turnTaking.lineSilenceMs, () => this.#lineFellSilent());
    this.#voiceStart = new VoiceStart({
      check: options.voiceCheck,
      turnTaking,
      clock,
      stream: () => this.#stream,
      tell: (boundary) => this.#tell(boundary),
      onWords: (event) => this.#pass(event),
      onIgnored: (onsetMs, lastSpeechMs) => options.listener.onSoundIgnored(onsetMs, lastSpeechMs),
      onNoVoice: () => options.listener.onNoVoice(),
    });
    this.#segmenter = new SpeechSegmenter({ ...turnTaking, pausesMs: pausesOf(options) });
    this.#slicer = new FrameSlicer((options.inputFormat.sampleRateHz * vadFrameMs) / 1000);
  }

  /** Whether there is recent speech that is too short for an onset. */
  get speechLikely(): boolean {
    return this.#segmenter.isTentative || this.#voiceStart.isTentative;
  }

  /** Level of the latest frame, in dBFS. */
  get levelDbfs(): number {
    return this.#levelDbfs;
  }

  start(): void {
    this.#open(null);
  }

  #open(replaces: SpeechToTextStream | null): void {
    const { inputFormat, listener } = this.#options;
    const before = this.#failures;
    const stream = this.#stt.open({
      format: negotiateFormat(inputFormat, this.#stt.accepts),
      ...(replaces && { replaces }),
      signal: this.#abort.signal,
      onEvent: (event) => this.#onEvent(event),
      onIncident: listener.onIncident,
      onUsage: (usage) => listener.onUsage(usage),
    });
    // The stream may already have failed in `open()`.
    if (this.#failures === before) this.#stream = stream;
  }

  /** Opens the recogniser again after a failure. No-op while it has a stream. */
  listenAgain(): void {
    if (!this.#abort.signal.aborted && !this.#stream) this.start();
  }

  /** Uses the session's parts as they are now. Another recogniser first hears the unfinished audio. */
  change({ stt, speculation }: Pick<InputPipelineOptions, 'stt' | 'speculation'>): void {
    if (this.#abort.signal.aborted) return;
    const { turnTaking, listener } = this.#options;
    this.#segmenter.reportPauses(pausesOf({ stt, speculation, turnTaking }));
    if (stt === this.#stt) return;
    this.#stt = stt;
    const before = this.#stream;
    listener.onReplaced();
    this.#open(before);
    if (before) this.#retired = Promise.allSettled([this.#retired, before.close()]);
  }

  /** Takes one frame of caller audio. */
  push(frame: AudioFrame): void {
    if (this.#abort.signal.aborted) return;
    this.#lineSilence.heard();
    this.#stream?.write(frame);
    const endMs = this.#options.clock.nowMs();
    this.#slicer.push(frame.samples, (samples) =>
      this.#judge({ samples, sampleRateHz: frame.sampleRateHz }, endMs),
    );
  }

  /** The connection was lost. Speech so far goes on when it is back: a gap is not silence. */
  lost(): void {
    this.#lineSilence.stop();
  }

  /** The connection is back. */
  back(): void {
    if (this.#segmenter.isSpeaking) this.#lineSilence.watch();
  }

  speechStarted(): void {
    if (this.#voiceStart.speechStarted()) this.#stream?.speechStarted?.();
  }

  flush(): void {
    if (this.#stream && this.#voiceStart.flushed()) this.#stream.flush();
  }

  /** The final result of a flush is overdue. Returns whether it is still worth waiting for. */
  recover(): boolean {
    return this.#stream?.recover?.() ?? false;
  }

  /** Closes the recogniser's stream and the detector. Idempotent. */
  async close(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#lineSilence.stop();
    this.#voiceStart.close();
    this.#options.vad.close();
    await Promise.allSettled([this.#stream?.close(), this.#retired]);
  }

  #judge(frame: AudioFrame, endMs: number): void {
    this.#levelDbfs = rmsDbfs(frame.samples);
    const speech = this.#options.vad.isSpeech(frame);
    const levelDbfs = this.#levelDbfs;
    const boundary = this.#segmenter.push({ speech, levelDbfs, endMs, durationMs: vadFrameMs });
    if (boundary?.type === 'start') this.#lineSilence.watch();
    if (boundary?.type === 'end') this.#lineSilence.stop();
    this.#voiceStart.push(frame, endMs, boundary);
  }

  #lineFellSilent(): void {
    const boundary = this.#segmenter.end();
    if (boundary) this.#voiceStart.take(boundary);
  }

  #tell(boundary: SpeechBoundary): void {
    const { listener } = this.#options;
    switch (boundary.type) {
      case 'start':
        return listener.onSpeechStart(boundary.onsetMs);
      case 'pause':
        return listener.onSpeechPause(boundary.silenceMs);
      case 'resume':
        return listener.onSpeechResume();
      case 'end':
        return listener.onSpeechEnd(boundary.lastSpeechMs);
    }
  }

  #onEvent(event: SttEvent): void {
    if (this.#abort.signal.aborted) return;
    switch (event.type) {
      case 'partial':
      case 'final':
        return this.#voiceStart.words(event);
      case 'heard':
        return;
      case 'error':
        return this.#failed(event.error);
    }
  }

  #pass(event: WordsEvent): void {
    const { listener } = this.#options;
    if (event.type === 'partial') listener.onPartial(event.text, event.endLikely);
    else listener.onFinal(event.text, event.endOfUtterance);
  }

  #failed(error: ProviderError): void {
    this.#failures++;
    this.#voiceStart.restarted();
    void this.#stream?.close();
    this.#stream = null;
    this.#options.listener.onFailure(error);
  }
}

/** The silences within speech at which something may happen. */
function pausesOf({
  stt,
  turnTaking,
  speculation,
}: Pick<InputPipelineOptions, 'stt' | 'turnTaking' | 'speculation'>): number[] {
  return [
    ...(stt.flushesEarly ? [turnTaking.earlyFlushMs] : []),
    ...(speculation ? [speculation.minStableMs, laterPauses * speculation.minStableMs] : []),
  ];
}
