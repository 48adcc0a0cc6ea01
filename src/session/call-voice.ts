/** The voice of a call at the transport's sample rate. A voice with another rate is wrapped; others are used as they are. */
import { negotiateFormat, type AudioFormat } from '../audio/audio-frame.js';
import { createResampler, type Resampler } from '../audio/resampler.js';
import type { TextToSpeech, TtsEvent } from '../providers/text-to-speech.js';

/** A voice that gives audio at the transport's rate. */
export interface MatchedVoice {
  readonly tts: TextToSpeech;
  /** The format in which to open it. */
  readonly format: AudioFormat;
  /** Frees the resampler. Idempotent. */
  close(): void;
}

/** The voice at the rate of `outside`, the transport's format. Close the result when it is not used any more. */
export async function matchVoice(tts: TextToSpeech, outside: AudioFormat): Promise<MatchedVoice> {
  const { sampleRateHz } = negotiateFormat(outside, tts.produces);
  const resampler =
    sampleRateHz === outside.sampleRateHz
      ? null
      : await createResampler({ fromHz: sampleRateHz, toHz: outside.sampleRateHz });
  const matched = resampler ? resampledTextToSpeech(tts, resampler, outside) : tts;
  return {
    tts: matched,
    format: negotiateFormat(outside, matched.produces),
    close: () => resampler?.close(),
  };
}

/** The voice that a call uses now. */
export class CallVoice {
  #current: MatchedVoice;

  constructor(first: MatchedVoice) {
    this.#current = first;
  }

  get tts(): TextToSpeech {
    return this.#current.tts;
  }

  get format(): AudioFormat {
    return this.#current.format;
  }

  /** Uses another voice from now on. No stream of the voice before may be open. */
  replace(next: MatchedVoice): void {
    this.#current.close();
    this.#current = next;
  }

  /** Opens its connection early. */
  preconnect(): void {
    this.tts.preconnect?.(this.format);
  }

  /** Frees the resampler. Idempotent. */
  close(): void {
    this.#current.close();
  }
}

function resampledTextToSpeech(tts: TextToSpeech, resampler: Resampler, outside: AudioFormat): TextToSpeech {
  const { sampleRateHz } = outside;
  const inside = negotiateFormat(outside, tts.produces);
  return {
    name: tts.name,
    joinsPieces: tts.joinsPieces ?? false,
    produces: { encodings: ['linear16'], sampleRatesHz: [sampleRateHz] },
    preconnect: () => tts.preconnect?.(inside),
    open(options) {
      // Drop the rest of an interrupted turn: the next turn must not play it.
      resampler.flush();
      const pass = (chunk: number, samples: Int16Array): void => {
        if (samples.length > 0) options.onEvent({ type: 'audio', chunk, frame: { samples, sampleRateHz } });
      };
      const onEvent = (event: TtsEvent): void => {
        // A provider may send events shortly after the call, when the resampler is closed.
        if (options.signal.aborted) return;
        if (event.type === 'audio') return pass(event.chunk, resampler.push(event.frame.samples));
        if (event.type === 'chunk_done') pass(event.chunk, resampler.flush());
        options.onEvent(event);
      };
      return tts.open({ ...options, format: inside, onEvent });
    },
  };
}
