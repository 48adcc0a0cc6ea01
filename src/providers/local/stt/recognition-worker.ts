/** The entry file of the recognition workers. */
import { readFile } from 'node:fs/promises';
import { createResampler, type Resampler } from '../../../audio/resampler.js';
import { InvalidStateError, messageOf } from '../../../core/errors.js';
import { serveWorker } from '../../../workers/serve-worker.js';
import type { DecoderSettings, RecognitionService } from './recognition-service.js';
import { pronunciationsOf, wordsOfGrammar, type Pronunciation } from './dictionary.js';
import { garbageWords, withGarbage, withoutGarbage } from './garbage-model.js';
import {
  dictionaryPath,
  loadSoundSwallower,
  noDictionaryPath,
  type SoundSwallower,
  type SphinxDecoder,
} from './soundswallower.js';
import { transcriptText } from './transcript-text.js';

/** The recogniser's sample rate: it was most accurate in the telephone band. */
const recognitionRateHz = 8000;

const decoders: SphinxDecoder[] = [];
/** Resamplers by decoder, for utterances at a higher rate. */
const resamplers = new Map<SphinxDecoder, Resampler>();
const listening = new Set<SphinxDecoder>();
let log: string[] = [];
let library: Promise<SoundSwallower> | undefined;
/** Pronunciations of the grammar's words; all decoders of a worker have the same grammar. */
let known: { readonly grammar: string; readonly words: readonly Pronunciation[] } | undefined;

/**
 * Initial channel estimate (the means of the first cepstra). Phone speech of usual loudness is nearer to this than to
 * the library's own 40: a quarter fewer errors over 49 sentences in five voices.
 */
const channelEstimate = '50,3,-1';

const missingWord = /The word '([^']+)' is missing in the dictionary/;

const service: RecognitionService = {
  async create(settings) {
    library ??= loadSoundSwallower((line) => log.push(line));
    const { Decoder } = await library;
    const dictionary = await dictionaryFor(settings.grammar);
    const decoder = new Decoder({
      loglevel: 'ERROR',
      samprate: recognitionRateHz,
      cmninit: channelEstimate,
      dict: noDictionaryPath,
    });
    await decoder.initialize();
    decoder.add_words(...dictionary, ...garbageWords);
    const problem = configure(decoder, settings);
    if (problem !== undefined) {
      decoder.delete();
      return { ok: false, problem };
    }
    return { ok: true, decoder: decoders.push(decoder) - 1 };
  },

  async begin({ decoder: index, sampleRateHz }) {
    const decoder = decoderAt(index);
    // A failed utterance may have left it started.
    stop(decoder);
    if (sampleRateHz !== recognitionRateHz)
      resamplers.set(decoder, await createResampler({ fromHz: sampleRateHz, toHz: recognitionRateHz }));
    // This also resets the channel estimate, so that callers do not affect one another.
    await decoder.reinitialize_audio();
    decoder.start();
    listening.add(decoder);
  },

  feed({ decoder: index, samples }) {
    const decoder = decoderAt(index);
    process(decoder, resamplers.get(decoder)?.push(samples) ?? samples);
    return textOf(decoder);
  },

  end(index) {
    const decoder = decoderAt(index);
    const rest = resamplers.get(decoder)?.flush();
    if (rest && listening.has(decoder)) process(decoder, rest);
    stop(decoder);
    log = [];
    return textOf(decoder);
  },
};

async function dictionaryFor(grammar: string): Promise<readonly Pronunciation[]> {
  if (known?.grammar !== grammar) {
    const text = await readFile(dictionaryPath, 'latin1');
    known = { grammar, words: pronunciationsOf(wordsOfGrammar(grammar), text) };
  }
  return known.words;
}

function process(decoder: SphinxDecoder, samples: Int16Array): void {
  decoder.process_audio(
    Float32Array.from(samples, (sample) => sample / 32768),
    false,
    false,
  );
}

function stop(decoder: SphinxDecoder): void {
  resamplers.get(decoder)?.close();
  resamplers.delete(decoder);
  if (listening.delete(decoder)) decoder.stop();
}

function textOf(decoder: SphinxDecoder): string {
  return transcriptText(withoutGarbage(decoder.get_text()));
}

function decoderAt(index: number): SphinxDecoder {
  const decoder = decoders[index];
  if (!decoder) throw new InvalidStateError(`There is no decoder ${index}.`);
  return decoder;
}

/** Sets the decoder's words and grammar; returns the problem, if any, with all unknown words at once. */
function configure(decoder: SphinxDecoder, { grammar, words }: DecoderSettings): string | undefined {
  for (const [word, phones] of Object.entries(words)) {
    const problem = complaint(() => decoder.add_words([word, phones]));
    if (problem !== undefined) return `The pronunciation of "${word}" is not valid: ${problem}`;
  }
  const unknown: string[] = [];
  for (;;) {
    const problem = complaint(() => decoder.set_grammar(withGarbage(grammar)));
    const word = problem && missingWord.exec(problem)?.[1];
    if (!word || unknown.includes(word)) {
      if (unknown.length > 0) return unknownWords(unknown);
      return problem && `The grammar does not compile: ${problem}`;
    }
    unknown.push(word);
    // Add a dummy pronunciation, so that the next attempt finds the next unknown word. The decoder will not be used.
    complaint(() => decoder.add_words([word, 'AH']));
  }
}

function unknownWords(words: readonly string[]): string {
  const list = words.map((word) => `"${word}"`).join(', ');
  return (
    `The grammar uses words that the dictionary does not know: ${list}. ` +
    'Spell them in lower case as the dictionary does, or give their phones in the option "words".'
  );
}

/** Runs a step; returns the library's message if the step failed or logged an error. */
function complaint(step: () => void): string | undefined {
  log = [];
  let thrown: unknown;
  try {
    step();
  } catch (error) {
    thrown = error;
  }
  const lines = log.map((line) => line.replace(/^ERROR: "[^"]*", line \d+: /, '').trim());
  log = [];
  if (lines.length > 0) return lines.join('; ');
  return thrown === undefined ? undefined : messageOf(thrown);
}

serveWorker(service);
