import type { AudioFormat, AudioFormats } from '../../audio/audio-frame.js';
import { ConfigError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { commonFormats, nearestFormat } from '../../providers/common-formats.js';
import type {
  TextToSpeech,
  TextToSpeechStream,
  TtsStreamOptions,
  UnsayableText,
} from '../../providers/text-to-speech.js';
import type { Candidate } from '../policy/candidate.js';
import { Supervisor, type SupervisorOptions } from '../policy/supervisor.js';
import { SupervisedSpeechStream } from './supervised-speech-stream.js';

/** See {@link supervisedTextToSpeech}. */
export class SupervisedTextToSpeech implements TextToSpeech {
  /** The first candidate's. Errors and incidents name the candidate that they are about. */
  readonly name: string;
  /** What every candidate can give. */
  readonly produces: AudioFormats;
  /** Whether all candidates do. */
  readonly joinsPieces: boolean;
  readonly #supervisor: Supervisor<TextToSpeech>;

  /** Starts nothing. Throws a TypeError for a list without candidates, a ConfigError for one without a common sample rate. */
  constructor(options: SupervisorOptions<TextToSpeech>) {
    const { candidates } = options;
    this.#supervisor = new Supervisor('tts', options);
    this.name = this.#supervisor.name;
    this.joinsPieces = candidates.every(({ provider }) => provider.joinsPieces === true);
    this.produces =
      commonFormats(candidates.map(({ provider }) => provider.produces)) ?? noCommonRate(candidates);
  }

  /** See {@link Supervisor.warmUp}. */
  warmUp(format?: AudioFormat): Promise<readonly ProviderNotice[]> {
    return this.#supervisor.warmUp((voice) =>
      voice.warmUp?.(format && nearestFormat(format, voice.produces)),
    );
  }

  /** See {@link Supervisor.probe}. */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    return this.#supervisor.probe(signal);
  }

  /** Connects the voice that the next answer asks first. */
  preconnect(format: AudioFormat): void {
    const { next } = this.#supervisor;
    next?.preconnect?.(nearestFormat(format, next.produces));
  }

  /** What the first candidate that cannot say all of it would leave out: any candidate may have to speak. */
  unsayable(text: string): UnsayableText | null {
    for (const { provider } of this.#supervisor.fallbackList.candidates) {
      const found = provider.unsayable?.(text);
      if (found) return found;
    }
    return null;
  }

  /**
   * One answer, by the first candidate that speaks it. Where a candidate fails, it or the next one is asked for what is left to say,
   * from the first word whose audio is incomplete; part of that word may be heard twice. An `error` event comes where no candidate
   * is left.
   */
  open(options: TtsStreamOptions): TextToSpeechStream {
    const { clock, supervision } = this.#supervisor;
    return new SupervisedSpeechStream({
      ...options,
      succession: this.#supervisor.succession(options.onIncident),
      clock,
      stallTimeoutMs: supervision.stallTimeoutMs,
    });
  }

  /** See {@link Supervisor.close}. */
  close(): Promise<void> {
    return this.#supervisor.close();
  }
}

function noCommonRate(candidates: readonly Candidate<TextToSpeech>[]): never {
  const names = candidates.map(({ provider }) => provider.name).join(', ');
  throw new ConfigError([
    {
      field: 'tts',
      problem: `The voices ${names} have no sample rate in common, so one cannot continue for another.`,
      remedy: 'Use voices that all support 8000 Hz for the phone, or 24000 Hz for the web.',
    },
  ]);
}

/**
 * Voices that stand in for one another: time limits on the first audio and on silence in the middle, repetition, fallback by
 * failure and by latency, within an answer too. Itself a voice, shared by all sessions of a relay, which closes it.
 */
export function supervisedTextToSpeech(options: SupervisorOptions<TextToSpeech>): SupervisedTextToSpeech {
  return new SupervisedTextToSpeech(options);
}
