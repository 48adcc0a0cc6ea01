import {
  negotiateFormat,
  type AudioEncoding,
  type AudioFormat,
  type AudioFormats,
} from '../../audio/audio-frame.js';
import { createResampler } from '../../audio/resampler.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../../providers/speech-to-text.js';
import { Supervisor, type SupervisorOptions } from '../policy/supervisor.js';
import { KnownTraits } from './recogniser-traits.js';
import { SupervisedStream } from './supervised-stream.js';

/** See {@link supervisedSpeechToText}. */
export class SupervisedSpeechToText implements SpeechToText {
  /** The first candidate's. Errors and incidents name the candidate that they are about. */
  readonly name: string;
  /** All candidates' encodings, since every frame has samples, at any rate: each candidate gets its own. */
  readonly accepts: AudioFormats;
  /** Whether all candidates do. */
  readonly flushesEarly: boolean;
  /** The first candidate's. */
  readonly finalTimeoutMs?: number;
  readonly #supervisor: Supervisor<SpeechToText>;
  readonly #traits = new KnownTraits();

  /** Starts nothing. Throws a TypeError for a list without candidates. */
  constructor(options: SupervisorOptions<SpeechToText>) {
    const { candidates } = options;
    this.#supervisor = new Supervisor('stt', options);
    this.name = this.#supervisor.name;
    const encodings = candidates.flatMap(
      ({ provider }): readonly AudioEncoding[] => provider.accepts.encodings,
    );
    this.accepts = { encodings: [...new Set(encodings)], sampleRatesHz: 'any' };
    this.flushesEarly = candidates.every(({ provider }) => provider.flushesEarly === true);
    const finalTimeoutMs = candidates[0]?.provider.finalTimeoutMs;
    if (finalTimeoutMs !== undefined) this.finalTimeoutMs = finalTimeoutMs;
  }

  /** See {@link Supervisor.warmUp}. */
  warmUp(): Promise<readonly ProviderNotice[]> {
    return this.#supervisor.warmUp((recogniser) => recogniser.warmUp?.());
  }

  /** See {@link Supervisor.probe}. */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    return this.#supervisor.probe(signal);
  }

  /** Loads the converter that the next candidate needs for audio in this format. */
  async prepare(format: AudioFormat): Promise<void> {
    const { sampleRateHz } = negotiateFormat(format, this.#supervisor.next?.accepts ?? this.accepts);
    const resampler = await createResampler({ fromHz: format.sampleRateHz, toHz: sampleRateHz });
    // It waits in the pool of converters.
    resampler.close();
  }

  /** One call's stream. It emits `error` only when all candidates have failed. */
  open(options: SttStreamOptions): SpeechToTextStream {
    const stream = new SupervisedStream({
      supervisor: this.#supervisor,
      traits: this.#traits,
      stream: options,
    });
    stream.start();
    return stream;
  }

  /** See {@link Supervisor.close}. */
  close(): Promise<void> {
    return this.#supervisor.close();
  }
}

/**
 * A recogniser that falls back from one candidate to the next. A stream that fails or stalls is opened again, or replaced by
 * the next candidate's. The new stream begins with the audio that no final covers, so no word is lost or repeated, and each
 * flush is answered once. A candidate that is slower than its `slaMs` is left between two utterances, and used again when it
 * works. All sessions of a relay share it; the relay closes it.
 */
export function supervisedSpeechToText(options: SupervisorOptions<SpeechToText>): SupervisedSpeechToText {
  return new SupervisedSpeechToText(options);
}
