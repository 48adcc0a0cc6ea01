import type { ElevenLabsTiming } from './elevenlabs-manners.js';
import type { AudioPiece } from '../simulated-voice.js';

/** A message's time fields: `alignment`, `normalizedAlignment`, or both. */
export type TimingFields = Readonly<Record<string, unknown>>;

interface Times {
  readonly chars: readonly string[];
  readonly charStartTimesMs: readonly number[];
  readonly charDurationsMs: readonly number[];
}

const missingCharacters = 4;
const digits = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const;

/** The times of a sentence's pieces in one of ElevenLabs' forms. `contextMs` is the audio before the sentence. */
export function timingOf(
  timing: ElevenLabsTiming,
  pieces: readonly AudioPiece[],
  contextMs: number,
): readonly TimingFields[] {
  const own = pieces.map(({ alignment }) => alignment);
  const sentence = joined(pieces);
  const none = { alignment: null, normalizedAlignment: null };
  switch (timing) {
    case 'piece':
      return own.map(both);
    case 'context':
      return pieces.map(({ alignment, startMs }) => both(moved(alignment, contextMs + startMs)));
    case 'first_piece':
      return pieces.map((_, index) => (index === 0 ? both(sentence) : none));
    case 'second_pass':
      return own.map((times, index) => (index === 0 ? both(times) : index === 1 ? both(sentence) : none));
    case 'last_missing':
      return withoutLast(own).map(both);
    case 'no_durations':
      return own.map(({ chars, charStartTimesMs }) => ({ alignment: { chars, charStartTimesMs } }));
    case 'no_starts':
      return own.map(({ chars, charDurationsMs }) => ({ alignment: { chars, charDurationsMs } }));
    case 'no_characters':
      return own.map(({ charStartTimesMs, charDurationsMs }) => ({
        alignment: { charStartTimesMs, charDurationsMs },
      }));
    case 'renamed':
      return own.map((times) => ({
        alignment: {
          characters: times.chars,
          char_start_times_ms: times.charStartTimesMs,
          char_durations_ms: times.charDurationsMs,
        },
      }));
    case 'seconds':
      return own.map((times) => ({
        alignment: {
          characters: times.chars,
          character_start_times_seconds: times.charStartTimesMs.map((ms) => ms / 1000),
          character_end_times_seconds: times.charStartTimesMs.map(
            (ms, index) => (ms + (times.charDurationsMs[index] ?? 0)) / 1000,
          ),
        },
      }));
    case 'none':
      return own.map(() => none);
    case 'normalized_only':
      return own.map((times) => ({ alignment: null, normalizedAlignment: normalized(times) }));
    case 'normalized_differs':
      return own.map((times) => ({ alignment: times, normalizedAlignment: normalized(times) }));
    case 'wrong_lengths':
      return own.map(({ chars, charStartTimesMs, charDurationsMs }) => ({
        alignment: {
          chars,
          charStartTimesMs: charStartTimesMs.slice(0, -1),
          charDurationsMs: [...charDurationsMs, 60, 60],
        },
      }));
    case 'nonsense':
      return own.map(({ chars, charStartTimesMs, charDurationsMs }) => ({
        alignment: {
          chars,
          charStartTimesMs: charStartTimesMs.map((ms, index) => [ms, null, ms, -ms, 7][index % 5] ?? null),
          charDurationsMs: charDurationsMs.map((ms, index) => (index % 2 === 0 ? -ms : ms)),
        },
      }));
    case 'strings':
      return own.map(({ chars, charStartTimesMs, charDurationsMs }) => ({
        alignment: {
          chars,
          charStartTimesMs: charStartTimesMs.map(String),
          charDurationsMs: charDurationsMs.map(String),
        },
      }));
  }
}

function both(times: Times): TimingFields {
  return { alignment: times, normalizedAlignment: times };
}

function joined(pieces: readonly AudioPiece[]): Times {
  const all = pieces.map(({ alignment, startMs }) => moved(alignment, startMs));
  return {
    chars: all.flatMap(({ chars }) => chars),
    charStartTimesMs: all.flatMap(({ charStartTimesMs }) => charStartTimesMs),
    charDurationsMs: all.flatMap(({ charDurationsMs }) => charDurationsMs),
  };
}

function moved(times: Times, byMs: number): Times {
  return { ...times, charStartTimesMs: times.charStartTimesMs.map((ms) => ms + byMs) };
}

function withoutLast(pieces: readonly Times[]): Times[] {
  let left = pieces.reduce((sum, { chars }) => sum + chars.length, 0) - missingCharacters;
  return pieces.map(({ chars, charStartTimesMs, charDurationsMs }) => {
    const kept = Math.max(0, Math.min(chars.length, left));
    left -= chars.length;
    return {
      chars: chars.slice(0, kept),
      charStartTimesMs: charStartTimesMs.slice(0, kept),
      charDurationsMs: charDurationsMs.slice(0, kept),
    };
  });
}

/** The normalised text: with a leading space, and digits as words. */
function normalized({ chars, charStartTimesMs, charDurationsMs }: Times): Times {
  const spelled = chars.flatMap((char, index) => {
    const startMs = charStartTimesMs[index] ?? 0;
    const durationMs = charDurationsMs[index] ?? 0;
    const letters = Array.from(/^\d$/.test(char) ? `${digits[Number(char)] ?? char} ` : char);
    return letters.map((letter, at) => ({
      letter,
      startMs: startMs + (at * durationMs) / letters.length,
      durationMs: durationMs / letters.length,
    }));
  });
  return {
    chars: [' ', ...spelled.map(({ letter }) => letter)],
    charStartTimesMs: [spelled[0]?.startMs ?? 0, ...spelled.map(({ startMs }) => startMs)],
    charDurationsMs: [0, ...spelled.map(({ durationMs }) => durationMs)],
  };
}
