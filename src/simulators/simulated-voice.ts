import { encodeMulaw } from '../audio/g711.js';

/** A text's audio, and the position of each character in it. */
export interface SimulatedSpeech {
  readonly samples: Int16Array;
  readonly chars: readonly string[];
  /** Start of each character in milliseconds, followed by the end of the last one. */
  readonly boundariesMs: readonly number[];
}

/** Speaks a text at a sample rate. */
export type SimulatedVoice = (text: string, sampleRateHz: number) => SimulatedSpeech;

/** One message's piece of audio. */
export interface AudioPiece {
  readonly audio: Buffer;
  /** Its begin within the sentence. */
  readonly startMs: number;
  readonly lengthMs: number;
  readonly alignment: {
    readonly chars: readonly string[];
    readonly charStartTimesMs: readonly number[];
    readonly charDurationsMs: readonly number[];
  };
}

const msPerCharacter = 60;
const amplitude = 8000;

/** A tone of 60 ms for each character, with a pitch for each letter; spaces are silent. */
export const toneVoice: SimulatedVoice = (text, sampleRateHz) => {
  const chars = Array.from(text);
  const perCharacter = (sampleRateHz * msPerCharacter) / 1000;
  const samples = new Int16Array(chars.length * perCharacter);
  for (const [index, character] of chars.entries()) {
    if (/\s/.test(character)) continue;
    const hz = 200 + ((character.codePointAt(0) ?? 0) % 64) * 20;
    samples.set(tone(hz, sampleRateHz), index * perCharacter);
  }
  const boundariesMs = Array.from({ length: chars.length + 1 }, (_, index) => index * msPerCharacter);
  return { samples, chars, boundariesMs };
};

/** By pitch and rate. Kept, since a sine for each sample of each answer would cost more than all else in a simulated call. */
const tones = new Map<string, Int16Array>();

function tone(hz: number, sampleRateHz: number): Int16Array {
  const key = `${hz} ${sampleRateHz}`;
  const known = tones.get(key);
  if (known) return known;
  const length = Math.floor((sampleRateHz * msPerCharacter) / 1000);
  const made = Int16Array.from(
    { length },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / sampleRateHz),
  );
  tones.set(key, made);
  return made;
}

/** Splits speech into encoded pieces of `pieceMs`; character times are relative to their piece. */
export function piecesOf(
  speech: SimulatedSpeech,
  { encoding, sampleRateHz }: { readonly encoding: 'mulaw' | 'linear16'; readonly sampleRateHz: number },
  pieceMs: number,
): AudioPiece[] {
  const { samples, chars, boundariesMs } = speech;
  const perPiece = Math.max(1, Math.round((sampleRateHz * pieceMs) / 1000));
  const count = Math.ceil(samples.length / perPiece);
  return Array.from({ length: count }, (_, index) => {
    const fromMs = index * pieceMs;
    const isLast = index === count - 1;
    const within = chars
      .map((char, at) => ({ char, startMs: boundariesMs[at] ?? 0, endMs: boundariesMs[at + 1] ?? 0 }))
      .filter(({ startMs }) => startMs >= fromMs && (isLast || startMs < fromMs + pieceMs));
    const part = samples.subarray(index * perPiece, (index + 1) * perPiece);
    return {
      startMs: fromMs,
      lengthMs: (part.length / sampleRateHz) * 1000,
      audio: encoding === 'mulaw' ? Buffer.from(encodeMulaw(part)) : littleEndian(part),
      alignment: {
        chars: within.map(({ char }) => char),
        charStartTimesMs: within.map(({ startMs }) => startMs - fromMs),
        charDurationsMs: within.map(({ startMs, endMs }) => endMs - startMs),
      },
    };
  });
}

function littleEndian(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(sample, index * 2);
  return bytes;
}
