import type { AudioFrame } from '../../../audio/audio-frame.js';
import type { SpeechToTextStream, SttEvent } from '../../speech-to-text.js';

/** Audio before the detector's report that is sent with the speech. */
const preRollMs = 500;

/** Audio that was not sent: where, in what was sent, and how much. */
interface Gap {
  readonly atMs: number;
  readonly lengthMs: number;
}

/**
 * Keeps silence away from a recogniser that charges for it and hears words in it. From `speechStarted()` to the flush all
 * audio is passed on, with the 500 ms before it; in between, only the last 500 ms are kept. Positions in the events are
 * those of all audio.
 */
export class SpeechOnlyStream implements SpeechToTextStream {
  readonly #inner: SpeechToTextStream;
  readonly #gaps: Gap[] = [];
  #preRoll: AudioFrame[] = [];
  #preRollMs = 0;
  /** Audio passed on so far. */
  #passedMs = 0;
  /** Audio dropped since the last that was passed on. */
  #droppedMs = 0;
  #isSpeaking = false;

  /** `open` makes the recogniser's own stream with this listener. */
  constructor(
    open: (onEvent: (event: SttEvent) => void) => SpeechToTextStream,
    onEvent: (event: SttEvent) => void,
  ) {
    this.#inner = open((event) => onEvent(this.#placed(event)));
  }

  write(frame: AudioFrame): void {
    if (this.#isSpeaking || frame.samples.length === 0) return this.#pass(frame);
    this.#preRoll.push(frame);
    this.#preRollMs += lengthMs(frame);
    for (let [first] = this.#preRoll; first; [first] = this.#preRoll) {
      if (this.#preRollMs - lengthMs(first) < preRollMs) return;
      this.#preRoll.shift();
      this.#preRollMs -= lengthMs(first);
      this.#droppedMs += lengthMs(first);
    }
  }

  speechStarted(): void {
    if (!this.#isSpeaking) this.#resume();
    this.#inner.speechStarted?.();
  }

  flush(): void {
    this.#isSpeaking = false;
    this.#inner.flush();
  }

  recover(): boolean {
    return this.#inner.recover?.() ?? false;
  }

  close(): Promise<void> {
    this.#preRoll = [];
    return this.#inner.close();
  }

  #resume(): void {
    this.#isSpeaking = true;
    if (this.#droppedMs > 0) this.#gaps.push({ atMs: this.#passedMs, lengthMs: this.#droppedMs });
    this.#droppedMs = 0;
    const frames = this.#preRoll;
    this.#preRoll = [];
    this.#preRollMs = 0;
    for (const frame of frames) this.#pass(frame);
  }

  #pass(frame: AudioFrame): void {
    this.#passedMs += lengthMs(frame);
    this.#inner.write(frame);
  }

  #placed(event: SttEvent): SttEvent {
    if (event.type === 'partial' || event.type === 'error' || event.untilMs === undefined) return event;
    const { untilMs } = event;
    const before = this.#gaps.filter(({ atMs }) => atMs < untilMs);
    return { ...event, untilMs: before.reduce((sum, gap) => sum + gap.lengthMs, untilMs) };
  }
}

function lengthMs({ samples, sampleRateHz }: AudioFrame): number {
  return (samples.length / sampleRateHz) * 1000;
}
