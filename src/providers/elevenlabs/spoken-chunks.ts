import type { TimedWord } from '../../audio/timed-word.js';
import type { CharacterTimes } from './character-times.js';
import { SpeechPace, usualMsPerCharacter } from './speech-pace.js';
import { lettersOf, SpokenLetters } from './spoken-letters.js';

interface Chunk {
  readonly words: readonly string[];
  /** Number of characters, spaces included, as the pace counts them. */
  readonly characters: number;
  /** Index of its first letter among all letters. */
  readonly start: number;
  readonly end: number;
  /** Where its audio begins and ends, in milliseconds of the whole audio; NaN before its first audio. */
  startMs: number;
  endMs: number;
  /** Whether its beginning was estimated from the pace. */
  isGuessed: boolean;
}

/** The part of a piece of audio that belongs to one chunk. */
export interface ChunkPart {
  readonly chunk: number;
  /** Its beginning in the piece, in milliseconds. */
  readonly fromMs: number;
}

/** The words of a chunk with their times, and whether the server reported them. */
export interface WordTimes {
  readonly words: readonly TimedWord[];
  readonly origin: 'measured' | 'estimated';
}

/** Voices may be this much faster than their pace; shorter audio counts as cut off. */
const fastestShare = 0.6;
/** The last few letters often have no times; more missing letters than this may mean that audio was cut off. */
const mostMissingLetters = 12;
/** With a smaller share of timed letters, their times do not show where the audio ends. */
const leastTimedShare = 0.8;
/** With more untimed letters in a row, about a word, the times of words are estimates. */
const mostUntimedLetters = 8;
/** Times that had to be moved by more than this count as estimates. */
const tolerableShiftMs = 150;
/** Times are rounded: a letter may seem to end this much after its audio. */
const roundingMs = 1;

/**
 * Tracks which chunk is being spoken, and the times of its words. Uses the best source: times of letters, else the
 * server's report that a chunk was spoken, else the voice's pace. Times count from the first sample that the server
 * sent.
 */
export class SpokenChunks {
  readonly #chunks: Chunk[] = [];
  readonly #letters = new SpokenLetters();
  readonly #pace: SpeechPace;
  #current = 0;
  /** How many chunks with letters the server has reported as spoken. */
  #flushed = 0;
  #audioMs = 0;

  constructor(pace = new SpeechPace()) {
    this.#pace = pace;
  }

  /** Number of chunks so far. */
  get count(): number {
    return this.#chunks.length;
  }

  /** Index of the chunk whose audio is arriving or comes next. */
  get current(): number {
    return this.#current;
  }

  /** Whether all text has certainly been spoken. */
  get allSpoken(): boolean {
    if (this.#flushed > 0 && this.#flushed >= this.#speakable.length) return true;
    return this.#letters.next >= this.#letters.count && this.#audioMs >= this.#lastEndMs;
  }

  /**
   * Whether audio for the written text is missing: by the server's report, else by the length of the audio. Times never
   * make the server owe more: they may lie behind the audio, lack the last letters, or be wrong altogether.
   */
  get owesAudio(): boolean {
    const speakable = this.#speakable;
    if (speakable.length === 0) return false;
    if (this.#flushed > 0) return this.#flushed < speakable.length;
    if (this.#audioMs === 0) return true;
    const last = speakable.at(-1);
    if (!last) return false;
    const timedMs = this.#expectedEndMs(last, fastestShare) - tolerableShiftMs;
    return this.#audioMs < Math.min(timedMs, this.#endByPace(last, fastestShare));
  }

  /**
   * Whether the audio ends well before the text: the letters after the last timed one do not fit into the remaining
   * audio. False if no letter was timed, or the server has reported all chunks as spoken.
   */
  get isCut(): boolean {
    if (this.#flushed > 0 && this.#flushed >= this.#speakable.length) return false;
    const heard = this.#heardLetters;
    if (heard === 0) return false;
    const missing = this.#letters.spokenBetween(heard, this.#letters.count);
    if (missing <= mostMissingLetters) return false;
    const fastestMs = fastestShare * Math.min(this.#pace.msPerCharacter, usualMsPerCharacter);
    const restMs = this.#audioMs - this.#letters.endMs(heard - 1);
    if (restMs >= missing * fastestMs) return false;
    // Times with gaps, or beyond the audio, may be wrong: then the whole audio must be too short for the text.
    const isSound =
      heard === this.#letters.next && this.#letters.timedBefore(heard) >= leastTimedShare * heard;
    return isSound || this.#audioMs < this.#letters.count * fastestMs;
  }

  /** Whether a piece with these times can belong to the text that is not spoken yet; true without times. */
  isOfText(passes: readonly CharacterTimes[]): boolean {
    return passes.length === 0 || passes.some((pass) => this.#letters.isOfText(pass));
  }

  /** Adds the next chunk; an empty one counts as spoken with the one before it. */
  add(text: string): void {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const start = this.#letters.count;
    this.#letters.add(text);
    const characters = words.length === 0 ? 0 : words.join(' ').length + 1;
    this.#chunks.push({
      words,
      characters,
      start,
      end: this.#letters.count,
      startMs: NaN,
      endMs: NaN,
      isGuessed: false,
    });
  }

  /**
   * Takes the next piece of audio, `lengthMs` long, with its character times, if any. Returns the parts of the piece in
   * order; the first one continues the current chunk.
   */
  take(passes: readonly CharacterTimes[], lengthMs: number): readonly ChunkPart[] {
    const pieceMs = this.#audioMs;
    this.#audioMs += lengthMs;
    const parts: ChunkPart[] = [{ chunk: this.#current, fromMs: 0 }];
    const isFound = this.#takeTimes(passes, pieceMs, parts);
    if (!isFound && this.#flushed === 0) this.#goByPace(pieceMs, parts);
    for (const [index, { chunk, fromMs }] of parts.entries()) {
      const of = this.#chunks[chunk];
      if (!of) continue;
      if (Number.isNaN(of.startMs)) of.startMs = pieceMs + fromMs;
      of.endMs = Math.min(this.#audioMs, pieceMs + (parts[index + 1]?.fromMs ?? lengthMs));
    }
    return parts;
  }

  /** The server reports that it has spoken one more chunk. Returns the index after that chunk. */
  flushed(): number {
    const speakable = this.#speakable;
    const spoken = this.#flushed < speakable.length ? speakable[this.#flushed++] : undefined;
    if (spoken === undefined) return this.#current;
    const next = this.#chunks.indexOf(spoken) + 1;
    if (next > this.#current && next < this.#chunks.length) this.#current = next;
    return next;
  }

  /** All text was spoken: updates the pace. */
  finish(): void {
    const characters = this.#chunks.reduce((sum, chunk) => sum + chunk.characters, 0);
    this.#pace.learn(characters, this.#audioMs);
  }

  /** The times of all words of a spoken chunk; null if none of its letters was timed. */
  wordsOf(index: number): WordTimes | null {
    const chunk = this.#chunks[index];
    if (!chunk || chunk.words.length === 0 || Number.isNaN(chunk.startMs)) return null;
    const times = this.#timesOf(chunk, chunk.end);
    return times && { words: wordsIn(chunk, times.startMs, times.endMs), origin: times.origin };
  }

  /**
   * The times of the chunk's words that were completely spoken, by the timed letters; null if no letter of the whole
   * text was timed, or the chunk does not exist.
   */
  spokenWordsOf(index: number): WordTimes | null {
    const chunk = this.#chunks[index];
    if (!chunk || this.#letters.next === 0) return null;
    let known = Math.min(this.#letters.next, chunk.end);
    while (known > chunk.start && this.#letters.endMs(known - 1) > this.#audioMs + roundingMs) known--;
    const times = known > chunk.start ? this.#timesOf(chunk, known) : null;
    if (!times) return { words: [], origin: 'measured' };
    if (times.origin === 'estimated') return null;
    return { words: wordsIn(chunk, times.startMs, times.endMs), origin: times.origin };
  }

  get #speakable(): readonly Chunk[] {
    return this.#chunks.filter(({ start, end }) => end > start);
  }

  /** How many letters, from the first, were completely spoken in the audio so far, by their times. */
  get #heardLetters(): number {
    let heard = this.#letters.next;
    while (heard > 0 && !(this.#letters.endMs(heard - 1) <= this.#audioMs + roundingMs)) heard--;
    return heard;
  }

  get #lastEndMs(): number {
    const endMs = this.#letters.lastEndMs;
    return Number.isNaN(endMs) ? 0 : endMs - tolerableShiftMs;
  }

  /** Whether letters of the text were found in the times. Also true for times without letters. */
  #takeTimes(passes: readonly CharacterTimes[], pieceMs: number, parts: ChunkPart[]): boolean {
    let isFound = false;
    for (const pass of passes) {
      const { startMs, start = 0 } = this.#chunks[this.#current] ?? {};
      const later = this.#chunks
        .slice(this.#current + 1)
        .flatMap((chunk) => (chunk.end > chunk.start ? chunk.start : []));
      const chunkMs = startMs === undefined || Number.isNaN(startMs) ? pieceMs : startMs;
      const context = { pieceMs, chunkMs, audioMs: this.#audioMs, chunkStarts: [start, ...later] };
      const found = this.#letters.take(pass, context);
      isFound ||= found !== null || pass.chars.every((text) => lettersOf(text).length === 0);
      if (found) this.#goByLetters(pieceMs, found.firstLetter, parts);
    }
    return isFound;
  }

  #goByLetters(pieceMs: number, firstLetter: number, parts: ChunkPart[]): void {
    for (let index = this.#current + 1; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index];
      if (!chunk || chunk.end === chunk.start) continue;
      if (this.#letters.next <= chunk.start) return;
      const startMs = this.#letters.startMs(chunk.start);
      if (startMs >= this.#audioMs) return;
      // A piece that begins with a new chunk contains nothing of the old one.
      const isWhole = firstLetter >= chunk.start || Number.isNaN(startMs);
      this.#begin(index, isWhole ? 0 : Math.max(0, startMs - pieceMs), parts);
    }
  }

  /** Moves on to the chunks that are due by the pace; prefers the edge of a piece, since servers cut there. */
  #goByPace(pieceMs: number, parts: ChunkPart[]): void {
    let atMs = pieceMs;
    for (let index = this.#current + 1; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index];
      const current = this.#chunks[this.#current];
      if (!chunk || !current || chunk.end === chunk.start) continue;
      const leftMs = Math.max(0, this.#expectedEndMs(current) - atMs);
      const restMs = this.#audioMs - atMs;
      if (leftMs > restMs / 2) return;
      const isEdge = leftMs < restMs / 4;
      atMs += isEdge ? 0 : leftMs;
      this.#begin(index, atMs - pieceMs, parts);
      chunk.startMs = atMs;
      chunk.isGuessed = true;
    }
  }

  #begin(index: number, fromMs: number, parts: ChunkPart[]): void {
    if (fromMs <= (parts.at(-1)?.fromMs ?? 0)) parts.pop();
    parts.push({ chunk: index, fromMs });
    this.#current = index;
  }

  /** Estimates a chunk's end from its last timed letter, or else from its beginning, and the pace. */
  #expectedEndMs(chunk: Chunk, share = 1): number {
    const msPerCharacter = this.#pace.msPerCharacter * share;
    const { next } = this.#letters;
    const timedMs = this.#letters.lastEndMs;
    if (next > chunk.start && !Number.isNaN(timedMs)) {
      const left = (chunk.end - next) / Math.max(1, chunk.end - chunk.start);
      return timedMs + Math.max(0, left) * chunk.characters * msPerCharacter;
    }
    return this.#endByPace(chunk, share);
  }

  /** Estimates a chunk's end from the last beginning that is known, and the pace. */
  #endByPace(chunk: Chunk, share: number): number {
    let endMs = 0;
    let characters = 0;
    for (const each of this.#chunks) {
      if (!Number.isNaN(each.startMs) && !each.isGuessed) {
        endMs = each.startMs;
        characters = 0;
      }
      characters += each.characters;
      if (each === chunk) break;
    }
    return endMs + characters * this.#pace.msPerCharacter * share;
  }

  /** The times of the chunk's letters before `end`, with gaps filled; null if none is known. */
  #timesOf({ start, startMs, endMs }: Chunk, end: number): LetterTimes | null {
    const letters = Array.from({ length: end - start }, (_, index) => start + index);
    const limitMs = Number.isNaN(endMs) ? this.#audioMs : endMs;
    return fillGaps(
      letters.map((letter) => this.#letters.startMs(letter)),
      letters.map((letter) => this.#letters.endMs(letter)),
      Number.isNaN(startMs) ? 0 : startMs,
      Math.max(limitMs, startMs || 0),
    );
  }
}

interface LetterTimes {
  readonly startMs: readonly number[];
  readonly endMs: readonly number[];
  readonly origin: WordTimes['origin'];
}

/** Interpolates missing times, and limits all of them to `fromMs` to `untilMs`, in order. */
function fillGaps(
  starts: readonly number[],
  ends: readonly number[],
  fromMs: number,
  untilMs: number,
): LetterTimes | null {
  const startMs = [...starts];
  let isSound = true;
  let lastMs = untilMs;
  for (let index = startMs.length - 1; index >= 0; index--) {
    const ms = startMs[index] ?? NaN;
    if (Number.isNaN(ms)) continue;
    const kept = Math.max(fromMs, Math.min(ms, lastMs));
    if (Math.abs(kept - ms) > tolerableShiftMs) isSound = false;
    startMs[index] = kept;
    lastMs = kept;
  }
  let isAnyKnown = false;
  for (let index = 0; index < startMs.length; index++) {
    if (!Number.isNaN(startMs[index])) {
      isAnyKnown = true;
      continue;
    }
    let behind = index;
    while (behind < startMs.length && Number.isNaN(startMs[behind])) behind++;
    if (behind - index > mostUntimedLetters) isSound = false;
    const beforeMs =
      index === 0 ? fromMs : clamp(ends[index - 1] ?? NaN, startMs[index - 1] ?? fromMs, untilMs);
    const behindMs = Math.max(beforeMs, startMs[behind] ?? untilMs);
    for (let gap = index; gap < behind; gap++)
      startMs[gap] = beforeMs + ((behindMs - beforeMs) * (gap - index)) / (behind - index);
    index = behind - 1;
  }
  if (!isAnyKnown) return null;
  const endMs = startMs.map((ms, index) => {
    const nextMs = startMs[index + 1] ?? untilMs;
    const known = Number.isNaN(starts[index]) ? NaN : (ends[index] ?? NaN);
    return Number.isNaN(known) ? nextMs : clamp(known, ms, nextMs);
  });
  return { startMs, endMs, origin: isSound ? 'measured' : 'estimated' };
}

function clamp(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? least : Math.max(least, Math.min(value, Math.max(least, most)));
}

function wordsIn(
  { words }: Chunk,
  startMs: readonly number[],
  endMs: readonly number[],
): readonly TimedWord[] {
  const timed: TimedWord[] = [];
  let position = 0;
  for (const text of words) {
    const start = startMs[position];
    position += lettersOf(text).length;
    const end = endMs[position - 1];
    if (start === undefined || end === undefined) break;
    timed.push({ text, startMs: start, endMs: Math.max(start, end) });
  }
  return timed;
}
