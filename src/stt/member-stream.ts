import { durationMs, negotiateFormat, type AudioFormat, type AudioFrame } from '../audio/audio-frame.js';
import { createResampler, type Resampler } from '../audio/resampler.js';
import type { Clock } from '../clock.js';
import { messageOf, ProviderError, type ProviderErrorCategory } from '../errors.js';
import type { Member } from '../supervisor/line-up.js';
import { SignsOfLife } from './signs-of-life.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from './speech-to-text.js';
import type { Replay } from './unfinalised-audio.js';

export interface MemberStreamOptions {
  readonly member: Member<SpeechToText>;
  /** What {@link MemberStream.write} will be given. */
  readonly format: AudioFormat;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What the stream begins with; asked once, when the recogniser can take it. */
  readonly replay: () => Replay;
  /** Never called after `close()`. Times are those of the recogniser. */
  readonly onEvent: (event: SttEvent) => void;
}

/** One recogniser's part of a supervised stream: from some point of the call on, in a format that it knows. */
export class MemberStream {
  readonly member: Member<SpeechToText>;
  readonly signs: SignsOfLife;
  /** When it was opened, on the clock. */
  readonly openedMs: number;
  /** Where in the call its first sample lies. */
  startMs = 0;
  readonly #options: MemberStreamOptions;
  #stream: SpeechToTextStream | null = null;
  #resampler: Resampler | null = null;
  #heardMs = 0;
  #closed: Promise<void> | null = null;

  constructor(options: MemberStreamOptions) {
    this.member = options.member;
    this.openedMs = options.clock.nowMs();
    this.signs = new SignsOfLife(this.openedMs);
    this.#options = options;
  }

  /** Opens the recogniser's stream and gives it what the call has been saying. What comes until then is part of that. */
  open(): void {
    const { member, format } = this.#options;
    const inside = negotiateFormat(format, member.provider.accepts);
    if (inside.sampleRateHz === format.sampleRateHz) return this.#begin(inside);
    createResampler({ fromHz: format.sampleRateHz, toHz: inside.sampleRateHz }).then(
      (resampler) => {
        if (this.#closed) return resampler.close();
        this.#resampler = resampler;
        this.#begin(inside);
      },
      (thrown: unknown) =>
        this.#fail('internal', `Its audio cannot be converted: ${messageOf(thrown)}`, thrown),
    );
  }

  write(frame: AudioFrame): void {
    if (!this.#stream) return;
    this.signs.given(durationMs(frame));
    this.#stream.write(this.#converted(frame));
  }

  speechStarted(): void {
    this.#stream?.speechStarted?.();
  }

  flush(): void {
    this.#stream?.flush();
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  #begin(format: AudioFormat): void {
    const { member, signal, replay } = this.#options;
    const { startMs, inputs } = replay();
    this.startMs = startMs;
    try {
      this.#stream = member.provider.open({ format, signal, onEvent: (event) => this.#take(event) });
    } catch (thrown) {
      return this.#fail('internal', messageOf(thrown), thrown);
    }
    for (const input of inputs) {
      if (this.#closed) break;
      if (input.type === 'audio') this.write(input.frame);
      else if (input.type === 'flush') this.flush();
      else this.speechStarted();
    }
    // A recogniser that failed while it was being opened was closed before there was a stream to close.
    if (this.#closed) void this.#stream.close();
  }

  #take(event: SttEvent): void {
    if (this.#closed) return;
    if (this.#isSignOfLife(event)) this.signs.sign(this.#options.clock.nowMs());
    this.#options.onEvent(event);
  }

  /** Listening that makes no progress is none, and neither is an answer that an adapter gives by itself. */
  #isSignOfLife(event: SttEvent): boolean {
    if (event.type === 'error') return false;
    if (event.type === 'partial' || event.untilMs === undefined) return true;
    if (event.untilMs <= this.#heardMs) return false;
    this.#heardMs = event.untilMs;
    return true;
  }

  /** The frame as it came where the rates agree: its samples and its original bytes serve either encoding. */
  #converted(frame: AudioFrame): AudioFrame {
    if (!this.#resampler) return frame;
    const { accepts } = this.member.provider;
    const { sampleRateHz } = negotiateFormat(this.#options.format, accepts);
    return { samples: this.#resampler.push(frame.samples), sampleRateHz };
  }

  #fail(category: ProviderErrorCategory, message: string, cause: unknown): void {
    if (this.#closed) return;
    const { name: provider } = this.member.provider;
    this.#options.onEvent({
      type: 'error',
      error: new ProviderError(`${provider} cannot be used: ${message}`, {
        kind: 'stt',
        provider,
        category,
        cause,
      }),
    });
  }

  async #shutDown(): Promise<void> {
    await this.#stream?.close();
    this.#resampler?.close();
  }
}
