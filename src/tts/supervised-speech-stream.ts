import type { AudioFrame } from '../audio/audio-frame.js';
import type { TimedWord } from '../audio/timed-word.js';
import type { Clock, Timer } from '../clock.js';
import { ProviderError, type ProviderErrorCategory } from '../errors.js';
import type { Attempts } from '../supervisor/attempts.js';
import { providerErrorOf } from '../supervisor/every-member.js';
import { failureCause } from '../supervisor/failure-cause.js';
import type { Member } from '../supervisor/line-up.js';
import type { MemberInUse } from '../supervisor/member-in-use.js';
import { StreamWatchdog } from '../supervisor/stream-watchdog.js';
import { inEncoding, nearestFormat } from './common-formats.js';
import { OwedChunks } from './owed-chunks.js';
import type { TextToSpeech, TextToSpeechStream, TtsEvent, TtsStreamOptions } from './text-to-speech.js';

export interface SupervisedSpeechStreamOptions extends TtsStreamOptions {
  readonly attempts: Attempts<TextToSpeech>;
  readonly inUse: MemberInUse<TextToSpeech>;
  readonly clock: Clock;
  /** Longest silence of a voice that owes audio. */
  readonly stallTimeoutMs: number;
  /** A member's first audio came so long after its first text. */
  readonly onLatency: (member: Member<TextToSpeech>, latencyMs: number) => void;
}

/** One member's stream, as long as it is the one that speaks. */
interface Voice {
  readonly member: Member<TextToSpeech>;
  readonly watchdog: StreamWatchdog;
  stream: TextToSpeechStream | null;
  /** When it was given its first text; null before. */
  askedMs: number | null;
  isHeard: boolean;
}

/** One answer, spoken by one member and, where that fails, gone on with by it or by the next. */
export class SupervisedSpeechStream implements TextToSpeechStream {
  readonly #options: SupervisedSpeechStreamOptions;
  readonly #chunks: OwedChunks;
  readonly #onAbort = (): void => this.close();
  #voice: Voice | null = null;
  /** The wait before a member is asked again. */
  #wait: Timer | null = null;
  #hasFailed = false;
  #ended = false;
  #closed = false;

  constructor(options: SupervisedSpeechStreamOptions) {
    this.#options = options;
    this.#chunks = new OwedChunks(options.format.sampleRateHz);
    this.#closed = options.signal.aborted;
    if (this.#closed) return;
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#openVoice();
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const wasWaiting = this.#isOwed();
    this.#chunks.add(text);
    // The caller begins to wait now.
    if (!wasWaiting) this.#options.attempts.progressed();
    const voice = this.#voice;
    if (!voice) return;
    if (!wasWaiting) this.#watch(voice);
    this.#tell(voice, (stream) => stream.write(text));
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    const wasWaiting = this.#isOwed();
    this.#ended = true;
    const voice = this.#voice;
    if (!voice) return;
    if (!wasWaiting) this.#watch(voice);
    this.#tell(voice, (stream) => stream.end());
  }

  close(): void {
    this.#closed = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#wait?.cancel();
    this.#leaveVoice();
  }

  /** Opens a stream of the member whose turn it is, and has it say what is left. */
  #openVoice(): void {
    const { attempts, clock, format, signal } = this.#options;
    const { member } = attempts;
    const watchdog = new StreamWatchdog(clock, signal);
    const voice: Voice = { member, watchdog, stream: null, askedMs: null, isHeard: false };
    this.#voice = voice;
    watchdog.signal.addEventListener('abort', () => this.#onSilence(voice), { once: true });
    const texts = this.#chunks.begin();
    try {
      voice.stream = member.provider.open({
        format: nearestFormat(format, member.provider.produces),
        signal: watchdog.signal,
        onEvent: (event) => this.#take(voice, event),
      });
    } catch (thrown) {
      this.#failLater(voice, thrown);
      return;
    }
    if (this.#isOwed()) this.#watch(voice);
    this.#tell(voice, (stream) => {
      for (const text of texts) stream.write(text);
      if (this.#ended) stream.end();
    });
  }

  #leaveVoice(): void {
    const voice = this.#voice;
    if (!voice) return;
    this.#voice = null;
    voice.watchdog.stop();
    try {
      voice.stream?.close();
    } catch {
      // It has failed already, or nobody is interested any more.
    }
  }

  #tell(voice: Voice, say: (stream: TextToSpeechStream) => void): void {
    if (!voice.stream) return;
    if (this.#chunks.owesAudio) voice.askedMs ??= this.#options.clock.nowMs();
    try {
      say(voice.stream);
    } catch (thrown) {
      this.#failLater(voice, thrown);
    }
  }

  #take(voice: Voice, event: TtsEvent): void {
    if (voice !== this.#voice) return;
    switch (event.type) {
      case 'audio':
        return this.#takeAudio(voice, event);
      case 'alignment': {
        const words = this.#chunks.align(event.chunk, event.words);
        return this.#emit({ type: 'alignment', chunk: this.#chunks.numberOf(event.chunk), words });
      }
      case 'chunk_done': {
        const words = this.#chunks.finish(event.chunk);
        this.#watch(voice);
        return this.#finishChunk(this.#chunks.numberOf(event.chunk), words);
      }
      case 'done':
        if (!this.#ended)
          return this.#fail(voice, this.#failure(voice, 'ended before its text did.', 'server'));
        return this.#finish();
      case 'error':
        return this.#fail(voice, event.error);
    }
  }

  #takeAudio(voice: Voice, event: Extract<TtsEvent, { type: 'audio' }>): void {
    const { format, attempts } = this.#options;
    const { sampleRateHz, samples } = event.frame;
    if (sampleRateHz !== format.sampleRateHz) {
      const problem = `gave audio at ${sampleRateHz} Hz where ${format.sampleRateHz} Hz was asked for.`;
      return this.#fail(voice, this.#failure(voice, problem, 'bad_request'));
    }
    this.#chunks.addAudio(event.chunk, samples.length);
    attempts.progressed();
    if (!voice.isHeard) this.#noteFirstAudio(voice);
    this.#watch(voice);
    const chunk = this.#chunks.numberOf(event.chunk);
    const frame: AudioFrame = inEncoding(event.frame, format.encoding);
    this.#emit(chunk === event.chunk && frame === event.frame ? event : { type: 'audio', chunk, frame });
  }

  #noteFirstAudio(voice: Voice): void {
    const { clock, onIncident, onLatency } = this.#options;
    const { member, askedMs } = voice;
    voice.isHeard = true;
    if (this.#hasFailed) onIncident?.({ type: 'recovered', kind: 'tts', provider: member.provider.name });
    onLatency(member, askedMs === null ? 0 : clock.nowMs() - askedMs);
  }

  /** Something is owed from now on: the watchdog is told how long it may take. */
  #watch({ watchdog, isHeard }: Voice): void {
    const { attempts, stallTimeoutMs } = this.#options;
    if (!this.#isOwed()) watchdog.rest();
    else watchdog.expect(isHeard ? stallTimeoutMs : attempts.firstResultTimeoutMs);
  }

  #isOwed(): boolean {
    return this.#ended || this.#chunks.owesAudio;
  }

  #onSilence(voice: Voice): void {
    const { expiredMs } = voice.watchdog;
    if (expiredMs === null) return;
    this.#fail(voice, this.#failure(voice, `gave no audio for ${expiredMs} ms.`, 'timeout'));
  }

  /** Not before the caller is back from this call. */
  #failLater(voice: Voice, thrown: unknown): void {
    queueMicrotask(() => this.#fail(voice, thrown));
  }

  #fail(voice: Voice, thrown: unknown): void {
    if (voice !== this.#voice) return;
    const { attempts, inUse, clock, onIncident } = this.#options;
    const error = providerErrorOf(thrown, 'tts', voice.member.provider.name);
    this.#leaveVoice();
    const { finished, cut } = this.#chunks.breakOff();
    for (const chunk of finished) this.#finishChunk(chunk, null);
    if (this.#ended && this.#chunks.allDone) {
      // All there was to say has been said; it failed to say so.
      onIncident?.({ type: 'error', error });
      return this.#finish();
    }
    const next = attempts.after(error);
    if (!next) {
      this.#emit({ type: 'error', error });
      return this.close();
    }
    this.#hasFailed = true;
    if (cut) this.#emit({ type: 'alignment', ...cut });
    if (this.#closed) return;
    onIncident?.({ type: 'error', error });
    if (next.repetition === 0) {
      inUse.change(voice.member, next.member, failureCause(error), onIncident);
    } else {
      const provider = next.member.provider.name;
      onIncident?.({ type: 'reconnect', kind: 'tts', provider, attempt: next.repetition });
    }
    if (next.waitMs > 0) this.#wait = clock.setTimer(next.waitMs, () => this.#openVoice());
    else this.#openVoice();
  }

  #finishChunk(chunk: number, words: readonly TimedWord[] | null): void {
    if (words) this.#emit({ type: 'alignment', chunk, words });
    this.#emit({ type: 'chunk_done', chunk });
  }

  #finish(): void {
    for (const chunk of this.#chunks.finishAll()) this.#finishChunk(chunk, null);
    this.#emit({ type: 'done' });
    this.close();
  }

  #failure({ member }: Voice, what: string, category: ProviderErrorCategory): ProviderError {
    const provider = member.provider.name;
    return new ProviderError(`The voice ${provider} ${what}`, { kind: 'tts', provider, category });
  }

  #emit(event: TtsEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}
