import { negotiateFormat, type AudioFormat, type AudioFrame } from '../../audio/audio-frame.js';
import { createResampler, type Resampler } from '../../audio/resampler.js';
import type { Clock } from '../../core/clock.js';
import { providerErrorOf } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import type { OnUsage, SttUsage } from '../../metrics/provider-usage.js';
import type { Candidate } from '../policy/candidate.js';
import { NotedRequest } from '../policy/noted-request.js';
import { UsageWatch } from '../policy/usage-watch.js';
import { GivenWords } from './given-words.js';
import { Liveness } from './liveness.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../../providers/speech-to-text.js';
import type { Replay } from './unfinalised-audio.js';

export interface CandidateStreamOptions {
  readonly candidate: Candidate<SpeechToText>;
  /** Its name in incidents. */
  readonly name: string;
  /** The format of the frames given to {@link CandidateStream.write}. */
  readonly format: AudioFormat;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The inputs to begin with; called once, when the recogniser is opened. */
  readonly replay: () => Replay;
  /** Never called after `close()`. Times are those of the recogniser. */
  readonly onEvent: (event: SttEvent) => void;
  /** Called with the vendor's ids of connections. */
  readonly onIncident: OnIncident;
  readonly onUsage: OnUsage<SttUsage> | undefined;
}

/** One recogniser's part of a supervised stream: from some position in the call on, in a format that it accepts. */
export class CandidateStream {
  readonly candidate: Candidate<SpeechToText>;
  readonly liveness = new Liveness();
  readonly given = new GivenWords();
  /** When it was opened, on the clock. */
  readonly openedMs: number;
  /** The position of its first sample in the call. */
  startMs = 0;
  readonly #options: CandidateStreamOptions;
  readonly #noted: NotedRequest;
  readonly #usage: UsageWatch<SttUsage>;
  /** The audio given to it. */
  #seconds = 0;
  #hasAnswered = false;
  #stream: SpeechToTextStream | null = null;
  #resampler: Resampler | null = null;
  #heardMs = 0;
  #closed: Promise<void> | null = null;

  constructor(options: CandidateStreamOptions) {
    this.candidate = options.candidate;
    this.openedMs = options.clock.nowMs();
    this.#noted = new NotedRequest(options.name, options.onIncident);
    this.#usage = new UsageWatch(options.onUsage);
    this.#options = options;
  }

  /** The vendor's id of the connection; undefined if it gave none. */
  get requestId(): string | undefined {
    return this.#noted.requestId;
  }

  /** Opens the recogniser's stream and gives it the replay, which includes everything written until then. */
  open(): void {
    const { candidate, format } = this.#options;
    const inside = negotiateFormat(format, candidate.provider.accepts);
    if (inside.sampleRateHz === format.sampleRateHz) return this.#begin(inside);
    createResampler({ fromHz: format.sampleRateHz, toHz: inside.sampleRateHz }).then(
      (resampler) => {
        if (this.#closed) return resampler.close();
        this.#resampler = resampler;
        this.#begin(inside);
      },
      (thrown: unknown) => this.#fail(thrown),
    );
  }

  write(frame: AudioFrame): void {
    if (!this.#stream) return;
    const converted = this.#converted(frame);
    this.#seconds += converted.samples.length / converted.sampleRateHz;
    this.#attempt((stream) => stream.write(converted));
  }

  speechStarted(): void {
    this.#attempt((stream) => stream.speechStarted?.());
  }

  flush(): void {
    this.#attempt((stream) => stream.flush());
  }

  /** Whether the recogniser asks for more time. */
  recover(): boolean {
    return this.#stream?.recover?.() ?? false;
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  #begin(format: AudioFormat): void {
    const { candidate, signal, replay } = this.#options;
    const { startMs, inputs } = replay();
    this.startMs = startMs;
    try {
      this.#stream = candidate.provider.open({
        format,
        signal,
        onEvent: (event) => this.#take(event),
        onIncident: this.#noted.onIncident,
        onUsage: this.#usage.onUsage,
      });
    } catch (thrown) {
      return this.#fail(thrown);
    }
    for (const input of inputs) {
      if (this.#closed) break;
      if (input.type === 'audio') this.write(input.frame);
      else if (input.type === 'flush') this.flush();
      else this.speechStarted();
    }
    // If it failed while it was being opened, `close` had no stream to close yet.
    if (this.#closed) void this.#stream.close();
  }

  /** A user's own recogniser may throw, although it should not; that counts as its failure. */
  #attempt(work: (stream: SpeechToTextStream) => void): void {
    if (!this.#stream) return;
    try {
      work(this.#stream);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #take(event: SttEvent): void {
    if (this.#closed) return;
    this.#note(event);
    this.#hasAnswered ||= event.type !== 'error';
    if (event.type !== 'error') return this.#options.onEvent(event);
    this.#fail(event.error);
  }

  /** An event without progress in the audio proves only a connection: an adapter may answer a flush by itself. */
  #note(event: SttEvent): void {
    if (event.type === 'error') return;
    const nowMs = this.#options.clock.nowMs();
    const isNews = event.type === 'partial' || event.untilMs === undefined || event.untilMs > this.#heardMs;
    if (event.type !== 'partial') this.#heardMs = Math.max(this.#heardMs, event.untilMs ?? 0);
    if (isNews) this.liveness.spoke(nowMs);
    else if (event.type === 'heard') this.liveness.listens(nowMs);
  }

  /** The same frame if the rates agree: it has the samples and the original bytes, so it suits either encoding. */
  #converted(frame: AudioFrame): AudioFrame {
    if (!this.#resampler) return frame;
    const { accepts } = this.candidate.provider;
    const { sampleRateHz } = negotiateFormat(this.#options.format, accepts);
    return { samples: this.#resampler.push(frame.samples), sampleRateHz };
  }

  #fail(thrown: unknown): void {
    if (this.#closed) return;
    const error = providerErrorOf(thrown, 'stt', this.candidate.provider.name);
    this.#options.onEvent({ type: 'error', error });
  }

  async #shutDown(): Promise<void> {
    const closing = this.#stream?.close();
    this.#usage.end(() => this.#counted());
    await closing;
    this.#resampler?.close();
  }

  /** What a recogniser was used for that does not say so itself; one that gave nothing may never have got the audio. */
  #counted(): SttUsage | null {
    const { name: provider, model } = this.candidate.provider;
    if (this.#seconds === 0 || !this.#hasAnswered) return null;
    return { kind: 'stt', provider, ...(model !== undefined && { model }), seconds: this.#seconds };
  }
}
