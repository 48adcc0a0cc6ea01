/**
 * Wraps a provider whose sample rate differs from the transport's, so that it appears to use the transport's rate.
 * Providers with the same rate are not wrapped.
 */
import { negotiateFormat, type AudioFormat } from '../audio/audio-frame.js';
import { createResampler, type Resampler } from '../audio/resampler.js';
import type { SpeechToText } from '../providers/speech-to-text.js';
import type { TextToSpeech, TtsEvent } from '../providers/text-to-speech.js';
import type { Transport } from '../transport/transport.js';

export interface MatchedProviders {
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
  /** Frees the resamplers. Idempotent. */
  close(): void;
}

/** The providers at the transport's rates. Close the result when the call is over. */
export async function matchRates(
  transport: Transport,
  stt: SpeechToText,
  tts: TextToSpeech,
): Promise<MatchedProviders> {
  const [intoStt, outOfTts] = await Promise.all([
    resamplerBetween(transport.inputFormat, negotiateFormat(transport.inputFormat, stt.accepts)),
    resamplerBetween(negotiateFormat(transport.outputFormat, tts.produces), transport.outputFormat),
  ]);
  return {
    stt: intoStt ? resampledSpeechToText(stt, intoStt, transport.inputFormat) : stt,
    tts: outOfTts ? resampledTextToSpeech(tts, outOfTts, transport.outputFormat) : tts,
    close() {
      intoStt?.close();
      outOfTts?.close();
    },
  };
}

function resamplerBetween(from: AudioFormat, to: AudioFormat): Promise<Resampler | null> {
  if (from.sampleRateHz === to.sampleRateHz) return Promise.resolve(null);
  return createResampler({ fromHz: from.sampleRateHz, toHz: to.sampleRateHz });
}

function resampledSpeechToText(stt: SpeechToText, resampler: Resampler, outside: AudioFormat): SpeechToText {
  const inside = negotiateFormat(outside, stt.accepts);
  return {
    name: stt.name,
    flushesEarly: stt.flushesEarly ?? false,
    accepts: { encodings: ['linear16'], sampleRatesHz: [outside.sampleRateHz] },
    open(options) {
      const stream = stt.open({ ...options, format: inside });
      return {
        write: (frame) =>
          stream.write({ samples: resampler.push(frame.samples), sampleRateHz: inside.sampleRateHz }),
        speechStarted: () => stream.speechStarted?.(),
        flush: () => stream.flush(),
        recover: () => stream.recover?.() ?? false,
        close: () => stream.close(),
      };
    },
  };
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
