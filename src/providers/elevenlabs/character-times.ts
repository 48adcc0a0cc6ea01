/**
 * Reads ElevenLabs' character times. No shape of them is an error: arrays may have other names, be missing or too
 * short, or contain strings or nonsense. Unusable entries are left out.
 *
 * Shapes: https://github.com/elevenlabs/elevenlabs-python/issues/689,
 * https://github.com/pipecat-ai/pipecat/issues/4316,
 * https://elevenlabs.io/docs/api-reference/text-to-speech/convert-with-timestamps (in seconds).
 */

/** Characters with their times, in milliseconds from an origin that the server does not name. Starts never decrease. */
export interface CharacterTimes {
  readonly chars: readonly string[];
  readonly startMs: readonly number[];
  readonly endMs: readonly number[];
}

type Entry = { readonly char: string; readonly startMs: number; readonly endMs: number };

/** A start this much before the previous one begins a second pass over the text. */
const restartMs = 100;
/** With a smaller share of valid times, the array is not one of times. */
const leastGoodShare = 0.6;
/** No voice speaks a character faster or slower than this on average; other times are in another unit, or are none. */
const characterMs = { least: 3, most: 3000 };
/** So many characters show the unit. */
const leastCharacters = 4;

/**
 * Reads an `alignment` or `normalizedAlignment`. Returns one element for each pass over the text, usually one; none if
 * there are no times.
 */
export function readCharacterTimes(raw: unknown): readonly CharacterTimes[] {
  const { chars, starts, ends, durations } = arraysOf(raw);
  if (!chars) return [];
  const timed = starts ?? fromEnds(ends) ?? fromDurations(durations);
  if (!timed) return [];
  const entries = chars.slice(0, timed.length).flatMap((char, index): Entry[] => {
    const startMs = timed[index] ?? NaN;
    if (Number.isNaN(startMs)) return [];
    const endMs = ends?.[index] ?? startMs + (durations?.[index] ?? NaN);
    return [{ char, startMs, endMs }];
  });
  const passes = passesOf(entries).flatMap(inMilliseconds);
  const good = passes.reduce((sum, pass) => sum + pass.chars.length, 0);
  return good === 0 || good < leastGoodShare * chars.length ? [] : passes;
}

function passesOf(entries: readonly Entry[]): CharacterTimes[] {
  const passes: Entry[][] = [];
  let lastMs = -Infinity;
  for (const entry of entries) {
    if (passes.length === 0 || entry.startMs < lastMs - restartMs) passes.push([]);
    else if (entry.startMs < lastMs) continue;
    lastMs = entry.startMs;
    passes.at(-1)?.push(entry);
  }
  return passes.map((pass) => ({
    chars: pass.map(({ char }) => char),
    startMs: pass.map(({ startMs }) => startMs),
    endMs: pass.map((entry, index) => endOf(entry, pass[index + 1], pass[index - 1])),
  }));
}

/** The pass in milliseconds, also where its names promise them but its times are seconds; none if no unit fits. */
function inMilliseconds(pass: CharacterTimes): CharacterTimes[] {
  if (pass.chars.length < leastCharacters) return [pass];
  const last = pass.startMs.length - 1;
  const eachMs = ((pass.startMs[last] ?? 0) - (pass.startMs[0] ?? 0)) / last;
  const factor = [1, 1000, 0.001].find(
    (one) => eachMs * one >= characterMs.least && eachMs * one <= characterMs.most,
  );
  if (factor === undefined) return [];
  if (factor === 1) return [pass];
  const scaled = (times: readonly number[]): number[] => times.map((ms) => ms * factor);
  return [{ chars: pass.chars, startMs: scaled(pass.startMs), endMs: scaled(pass.endMs) }];
}

/** A character without a valid end lasts until the next one; the last one lasts as long as the one before. */
function endOf({ startMs, endMs }: Entry, next: Entry | undefined, previous: Entry | undefined): number {
  if (endMs >= startMs) return endMs;
  if (next) return next.startMs;
  return startMs + (previous ? startMs - previous.startMs : 0);
}

interface Arrays {
  readonly chars?: readonly string[];
  readonly starts?: readonly number[];
  readonly ends?: readonly number[];
  readonly durations?: readonly number[];
}

/**
 * Finds the arrays by words in their names: `charStartTimesMs`, `char_start_times_ms`, `character_start_times_seconds`.
 */
function arraysOf(raw: unknown): Arrays {
  if (typeof raw !== 'object' || raw === null) return {};
  const found: { -readonly [K in keyof Arrays]: Arrays[K] } = {};
  for (const [name, value] of Object.entries(raw)) {
    const word = name.toLowerCase();
    if (/start|end|duration/.test(word)) {
      if (!Array.isArray(value)) continue;
      const perUnit = /(^|[^i])sec(ond)?s?$/.test(word) ? 1000 : 1;
      const numbers = value.map((one) => numberOf(one) * perUnit);
      found[word.includes('start') ? 'starts' : word.includes('duration') ? 'durations' : 'ends'] = numbers;
    } else if (/^(char|text)/.test(word)) {
      if (typeof value === 'string') found.chars = Array.from(value);
      else if (Array.isArray(value)) found.chars = value.map((one) => (typeof one === 'string' ? one : ''));
    }
  }
  return found;
}

/** NaN if the value is not a time. */
function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : NaN;
}

function fromEnds(ends: readonly number[] | undefined): readonly number[] | undefined {
  return ends?.map((_, index) => (index === 0 ? 0 : (ends[index - 1] ?? NaN)));
}

function fromDurations(durations: readonly number[] | undefined): readonly number[] | undefined {
  let atMs = 0;
  return durations?.map((durationMs) => {
    const startMs = atMs;
    atMs += Number.isNaN(durationMs) ? 0 : durationMs;
    return startMs;
  });
}
