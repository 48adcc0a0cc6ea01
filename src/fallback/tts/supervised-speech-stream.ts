import type { AudioFrame } from '../../audio/audio-frame.js';
import type { TimedWord } from '../../audio/timed-word.js';
import type { Clock, Timer } from '../../core/clock.js';
import { ProviderError, providerErrorOf, type ProviderErrorCategory } from '../../core/errors.js';
import type { TtsUsage } from '../../metrics/provider-usage.js';
import type { Candidate } from '../policy/candidate.js';
import type { Succession } from '../policy/succession.js';
import { ofRequest } from '../../providers/request-id.js';
import { NotedRequest } from '../policy/noted-request.js';
import { UsageWatch } from '../policy/usage-watch.js';
import { StreamWatchdog } from '../../providers/stream-watchdog.js';
import { inEncoding, nearestFormat } from '../../providers/common-formats.js';
import { PendingSpeech } from './pending-speech.js';
import type {
  TextToSpeech,
  TextToSpeechStream,
  TtsEvent,
  TtsStreamOptions,
} from '../../providers/text-to-speech.js';

export interface SupervisedSpeechStreamOptions extends TtsStreamOptions {
  readonly succession: Succession<TextToSpeech>;
  readonly clock: Clock;
  /** Longest silence of a voice that owes audio. */
  readonly stallTimeoutMs: number;
}

/** The stream of the candidate that speaks. */
interface Voice {
  readonly candidate: Candidate<TextToSpeech>;
  readonly watchdog: StreamWatchdog;
  readonly noted: NotedRequest;
  readonly usage: UsageWatch<TtsUsage>;
  /** Given to it, and got from it. */
  characters: number;
  seconds: number;
  stream: TextToSpeechStream | null;
  /** When it was given its first text; null before that. */
  askedMs: number | null;
  isHeard: boolean;
}

/** One answer, spoken by one candidate. Where that fails, it or the next one continues. */
export class SupervisedSpeechStream implements TextToSpeechStream {
  readonly #options: SupervisedSpeechStreamOptions;
  readonly #chunks: PendingSpeech;
  readonly #onAbort = (): void => this.close();
  #voice: Voice | null = null;
  /** The wait before a candidate is asked again. */
  #wait: Timer | null = null;
  #ended = false;
  #closed = false;

  constructor(options: SupervisedSpeechStreamOptions) {
    this.#options = options;
    this.#chunks = new PendingSpeech(options.format.sampleRateHz);
    if (!options.signal.aborted) options.succession.begin();
    this.#closed = options.signal.aborted;
    if (this.#closed) return;
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#openVoice();
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const wasWaiting = this.#isOwed();
    this.#chunks.add(text);
    // The caller's wait begins now.
    if (!wasWaiting) this.#options.succession.progressed();
    const voice = this.#voice;
    if (!voice) return;
    if (!wasWaiting) this.#watch(voice);
    this.#tell(voice, (stream) => write(voice, stream, text));
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

  /** Opens a stream of the current candidate, which says what is left. */
  #openVoice(): void {
    const { succession, clock, format, signal, onIncident, onUsage } = this.#options;
    const { candidate } = succession;
    const watchdog = new StreamWatchdog(clock, signal);
    const noted = new NotedRequest(succession.name, onIncident);
    const usage = new UsageWatch(onUsage);
    const voice: Voice = {
      ...{ candidate, watchdog, noted, usage },
      ...{ characters: 0, seconds: 0, stream: null, askedMs: null, isHeard: false },
    };
    this.#voice = voice;
    watchdog.signal.addEventListener('abort', () => this.#onSilence(voice), { once: true });
    const texts = this.#chunks.begin();
    try {
      voice.stream = candidate.provider.open({
        format: nearestFormat(format, candidate.provider.produces),
        signal: watchdog.signal,
        onEvent: (event) => this.#take(voice, event),
        onIncident: noted.onIncident,
        onUsage: usage.onUsage,
      });
    } catch (thrown) {
      this.#failLater(voice, thrown);
      return;
    }
    if (this.#isOwed()) this.#watch(voice);
    this.#tell(voice, (stream) => {
      for (const text of texts) write(voice, stream, text);
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
      // It has failed already, or its failure changes nothing any more.
    }
    voice.usage.end(() => usageOf(voice));
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
        const { origin } = event;
        const words = this.#chunks.align(event.chunk, event.words);
        const chunk = this.#chunks.numberOf(event.chunk);
        return this.#emit({ type: 'alignment', chunk, words, ...(origin && { origin }) });
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
    const { format, succession } = this.#options;
    const { sampleRateHz, samples } = event.frame;
    if (sampleRateHz !== format.sampleRateHz) {
      const problem = `gave audio at ${sampleRateHz} Hz, but ${format.sampleRateHz} Hz was asked for.`;
      return this.#fail(voice, this.#failure(voice, problem, 'bad_request'));
    }
    voice.seconds += samples.length / sampleRateHz;
    this.#chunks.addAudio(event.chunk, samples.length);
    succession.progressed();
    if (!voice.isHeard) this.#noteFirstAudio(voice);
    this.#watch(voice);
    const chunk = this.#chunks.numberOf(event.chunk);
    const frame: AudioFrame = inEncoding(event.frame, format.encoding);
    this.#emit(chunk === event.chunk && frame === event.frame ? event : { type: 'audio', chunk, frame });
  }

  #noteFirstAudio(voice: Voice): void {
    const { clock, succession } = this.#options;
    const { askedMs } = voice;
    voice.isHeard = true;
    succession.answered(askedMs === null ? 0 : clock.nowMs() - askedMs);
  }

  /** Audio is owed from now on, or not any more: sets the watchdog accordingly. */
  #watch({ watchdog, isHeard }: Voice): void {
    const { succession, stallTimeoutMs } = this.#options;
    if (!this.#isOwed()) watchdog.rest();
    else watchdog.expect(isHeard ? stallTimeoutMs : succession.firstResultTimeoutMs);
  }

  #isOwed(): boolean {
    return this.#ended || this.#chunks.owesAudio;
  }

  #onSilence(voice: Voice): void {
    const { expiredMs } = voice.watchdog;
    if (expiredMs === null) return;
    this.#fail(voice, this.#failure(voice, `gave no audio for ${Math.round(expiredMs)} ms.`, 'timeout'));
  }

  /** Fails after the caller has returned from this call. */
  #failLater(voice: Voice, thrown: unknown): void {
    queueMicrotask(() => this.#fail(voice, thrown));
  }

  #fail(voice: Voice, thrown: unknown): void {
    if (voice !== this.#voice) return;
    const { succession, clock } = this.#options;
    const error = providerErrorOf(thrown, 'tts', voice.candidate.provider.name);
    this.#leaveVoice();
    const { finished, cut } = this.#chunks.breakOff();
    for (const chunk of finished) this.#finishChunk(chunk, null);
    if (this.#ended && this.#chunks.allDone) {
      // Everything was said; only its end was not told.
      succession.tellFailure(voice.candidate, error);
      return this.#finish();
    }
    const recovery = succession.after(error);
    if (!recovery) {
      this.#emit({ type: 'error', error });
      return this.close();
    }
    if (cut) this.#emit({ type: 'alignment', ...cut, origin: 'estimated' });
    if (this.#closed) return;
    succession.tell(recovery);
    if (recovery.waitMs > 0) this.#wait = clock.setTimer(recovery.waitMs, () => this.#openVoice());
    else this.#openVoice();
  }

  #finishChunk(chunk: number, words: readonly TimedWord[] | null): void {
    // Two voices have said this chunk, so the times of its words are estimated.
    if (words) this.#emit({ type: 'alignment', chunk, words, origin: 'estimated' });
    this.#emit({ type: 'chunk_done', chunk });
  }

  #finish(): void {
    for (const chunk of this.#chunks.finishAll()) this.#finishChunk(chunk, null);
    this.#emit({ type: 'done' });
    this.close();
  }

  #failure({ candidate, noted }: Voice, what: string, category: ProviderErrorCategory): ProviderError {
    const provider = candidate.provider.name;
    const error = new ProviderError(`The voice ${provider} ${what}`, { kind: 'tts', provider, category });
    return ofRequest(error, noted.requestId);
  }

  #emit(event: TtsEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}

function write(voice: Voice, stream: TextToSpeechStream, text: string): void {
  voice.characters += text.length;
  stream.write(text);
}

/** What a voice was used for that does not say so itself; one that gave no audio may never have got the text. */
function usageOf({ candidate, characters, seconds }: Voice): TtsUsage | null {
  const { name: provider, model } = candidate.provider;
  if (seconds === 0) return null;
  return { kind: 'tts', provider, ...(model !== undefined && { model }), characters, seconds };
}
