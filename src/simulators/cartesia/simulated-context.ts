import type { Clock, Timer } from '../../core/clock.js';
import { piecesOf, type AudioPiece, type SimulatedVoice } from '../simulated-voice.js';
import type { VoiceFault } from '../vendor-simulator.js';
import type { CartesiaManners } from './cartesia-manners.js';

/** Latencies of simulated speech, in milliseconds. */
export interface CartesiaPace {
  /** From a text to its first piece of audio. */
  readonly firstAudioMs: number;
  /** From one piece to the next. */
  readonly pieceMs: number;
}

export interface SpokenFormat {
  readonly encoding: 'mulaw' | 'linear16';
  readonly sampleRateHz: number;
}

export interface SimulatedContextOptions {
  readonly clock: Clock;
  readonly pace: CartesiaPace;
  readonly fault: VoiceFault | null;
  readonly manners: Required<CartesiaManners>;
  readonly voice: SimulatedVoice;
  readonly format: SpokenFormat;
  /** Sends a message, which gets the id of the context. */
  readonly send: (message: object) => void;
  /** Called with each piece of audio, and its length. */
  readonly onAudio: (audio: Buffer, lengthMs: number) => void;
  /** The fault is due. */
  readonly onFault: (fault: VoiceFault) => void;
  /** The context has ended, or expired. */
  readonly onEnd: () => void;
}

interface Step {
  /** From the step before. */
  readonly delayMs: number;
  readonly messages: readonly object[];
  readonly piece: AudioPiece | null;
}

const pieceLengthMs = 240;
const lateEndMs = 400;
/** https://docs.cartesia.ai/use-the-api/tts-websocket/contexts */
const expiryMs = 1000;
const wordsInMessage = 3;

/** One context: texts that are spoken one after another, at the given pace. */
export class SimulatedContext {
  readonly #options: SimulatedContextOptions;
  #steps: Step[] = [];
  #buffer = '';
  /** Duration of the audio of all texts so far. */
  #spokenMs = 0;
  #flushId = 1;
  #sent = 0;
  #timer: Timer | null = null;
  /** Set while no text is left to speak. */
  #expiry: Timer | null = null;
  /** The latest piece, if the end must overtake it. */
  #held: Step | null = null;
  #isClosing = false;
  #isStopped = false;

  constructor(options: SimulatedContextOptions) {
    this.#options = options;
  }

  /** Takes a text: speaks it now, or keeps it until it is flushed. */
  take(text: string, isBuffered: boolean): void {
    this.#buffer += text;
    if (!isBuffered) this.#speak();
    this.#schedule();
  }

  flush(): void {
    this.#speak();
    this.#steps.push(this.#flushStep());
    this.#schedule();
  }

  /** Speaks the rest, then ends. */
  end(): void {
    this.#speak();
    this.#isClosing = true;
    if (this.#options.manners.end === 'late')
      this.#steps.push({ delayMs: lateEndMs, messages: [], piece: null });
    this.#schedule();
  }

  /** Ends without speaking the rest. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** The client wants no more. Texts that are not begun are dropped. */
  cancel(): void {
    if (!this.#options.manners.finishesCancelled) this.stop();
    const next = this.#steps.findIndex(({ piece }, index) => index > 0 && piece?.startMs === 0);
    if (next !== -1) this.#steps.length = next;
    this.#isClosing = true;
    this.#schedule();
  }

  #speak(): void {
    const { manners, pace } = this.#options;
    const text = this.#buffer;
    this.#buffer = '';
    if (text.trim() === '') return;
    const pieces = this.#pieces(text);
    const timed = this.#wordTimes(text, this.#spokenMs + this.#silenceMs);
    for (const [index, piece] of pieces.entries()) {
      const isLast = index === pieces.length - 1;
      const untilMs = isLast ? Infinity : this.#spokenMs + piece.startMs + piece.lengthMs;
      const due = manners.timing === 'with_audio' ? timed.takeBefore(untilMs) : [];
      const early = manners.timing === 'early' && index === 0 ? timed.takeBefore(Infinity) : [];
      const late = manners.timing === 'late' && isLast ? timed.takeBefore(Infinity) : [];
      this.#steps.push({
        delayMs: index === 0 ? pace.firstAudioMs : pace.pieceMs,
        messages: [...this.#oddities(), ...early, ...due, this.#chunkOf(piece.audio), ...late],
        piece,
      });
    }
    this.#spokenMs += pieces.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
    if (manners.flushes === 'automatic') this.#steps.push(this.#flushStep());
  }

  get #silenceMs(): number {
    return this.#spokenMs === 0 ? this.#options.manners.silenceMs : 0;
  }

  #pieces(text: string): AudioPiece[] {
    const { voice, format } = this.#options;
    const speech = voice(text, format.sampleRateHz);
    const silence = new Int16Array((this.#silenceMs * format.sampleRateHz) / 1000);
    const samples = Int16Array.from([...silence, ...speech.samples]);
    return piecesOf({ ...speech, samples }, this.#spokenFormat, pieceLengthMs);
  }

  /** Another one than requested, if that is the fault. */
  get #spokenFormat(): SpokenFormat {
    const { fault, format } = this.#options;
    if (fault?.fault !== 'wrong_encoding') return format;
    return { ...format, encoding: format.encoding === 'mulaw' ? 'linear16' : 'mulaw' };
  }

  #wordTimes(text: string, fromMs: number): WordMessages {
    const { voice, format, manners } = this.#options;
    if (manners.timing === 'none') return new WordMessages([], null);
    const { chars, boundariesMs } = voice(text, format.sampleRateHz);
    const words: TimedText[] = [];
    let isInWord = false;
    for (const [index, char] of chars.entries()) {
      const isSpace = /\s/.test(char);
      const startMs = fromMs + (boundariesMs[index] ?? 0);
      const endMs = fromMs + (boundariesMs[index + 1] ?? 0);
      const last = words.at(-1);
      if (!isSpace && isInWord && last) words[words.length - 1] = { ...last, text: last.text + char, endMs };
      else if (!isSpace) words.push({ text: char, startMs, endMs });
      isInWord = !isSpace;
    }
    return new WordMessages(words, this.#tag);
  }

  #chunkOf(audio: Buffer): object {
    const data = audio.toString('base64');
    return { type: 'chunk', data, done: false, status_code: 206, step_time: 45.2, ...this.#tag };
  }

  get #tag(): object | null {
    const { flushes } = this.#options.manners;
    return flushes === 'manual' || flushes === 'automatic' ? { flush_id: this.#flushId } : null;
  }

  #flushStep(): Step {
    const flush_id = this.#flushId++;
    const done = { type: 'flush_done', done: false, flush_done: true, flush_id, status_code: 206, data: '' };
    return {
      delayMs: 0,
      messages: this.#options.manners.flushes === 'none' ? [] : [done],
      piece: null,
    };
  }

  #oddities(): object[] {
    if (!this.#options.manners.unknown) return [];
    return [
      {
        type: 'phoneme_timestamps',
        done: false,
        phoneme_timestamps: { phonemes: ['h'], start: [0], end: [0.1] },
      },
      { type: 'viseme', done: false, id: 4 },
      { type: 'timestamps', done: false, word_timestamps: null },
    ];
  }

  #schedule(): void {
    if (this.#timer || this.#isStopped) return;
    const { clock } = this.#options;
    const next = this.#steps[0];
    if (!next && this.#isClosing) return this.#finish();
    this.#timer = clock.setTimer(next?.delayMs ?? expiryMs, () => {
      this.#timer = null;
      if (next) this.#run();
      else if (this.#sent > 0) this.#finish();
    });
    if (!next) this.#expiry = this.#timer;
  }

  /** More text has come in time. */
  keepAlive(): void {
    if (!this.#expiry || this.#timer !== this.#expiry) return;
    this.#timer.cancel();
    this.#timer = this.#expiry = null;
  }

  #run(): void {
    const { fault, onFault } = this.#options;
    const next = this.#steps[0];
    if (!next) return;
    if (next.piece && fault && 'afterPieces' in fault && this.#sent >= fault.afterPieces) {
      this.stop();
      onFault(fault);
      return;
    }
    this.#steps.shift();
    if (fault?.fault === 'wrong_encoding' && next.piece && this.#sent === 0) onFault(fault);
    if (fault?.fault !== 'out_of_order') this.#give(next);
    else if (next.piece) {
      if (this.#held) this.#give(this.#held);
      this.#held = next;
    } else if (this.#held) {
      // Reports of the held text come behind it.
      this.#held = { ...this.#held, messages: [...this.#held.messages, ...next.messages] };
    }
    if (next.piece) this.#sent++;
    this.#schedule();
  }

  #give({ messages, piece }: Step): void {
    const { send, onAudio } = this.#options;
    if (piece) onAudio(piece.audio, piece.lengthMs);
    for (const message of messages) send(message);
  }

  #finish(): void {
    const { fault, send, onEnd, onFault } = this.#options;
    this.stop();
    send({ type: 'done', done: true, status_code: 206 });
    onEnd();
    if (fault?.fault === 'out_of_order' && this.#held) {
      this.#give(this.#held);
      onFault(fault);
    }
    if (fault?.fault === 'stale_audio') {
      this.#flushId++;
      for (const { audio } of this.#pieces('This is stale.')) send(this.#chunkOf(audio));
      onFault(fault);
    }
  }
}

interface TimedText {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A text's word times, as messages of a few words each. */
class WordMessages {
  #left: readonly TimedText[];
  readonly #tag: object | null;

  constructor(words: readonly TimedText[], tag: object | null) {
    this.#left = words;
    this.#tag = tag;
  }

  /** The messages with the next words that begin before this position. */
  takeBefore(untilMs: number): object[] {
    const end = this.#left.findIndex(({ startMs }) => startMs >= untilMs);
    const due = end === -1 ? this.#left : this.#left.slice(0, end);
    this.#left = this.#left.slice(due.length);
    const messages: object[] = [];
    for (let from = 0; from < due.length; from += wordsInMessage) {
      const words = due.slice(from, from + wordsInMessage);
      messages.push({
        type: 'timestamps',
        done: false,
        status_code: 206,
        ...this.#tag,
        word_timestamps: {
          words: words.map(({ text }) => text),
          start: words.map(({ startMs }) => startMs / 1000),
          end: words.map(({ endMs }) => endMs / 1000),
        },
      });
    }
    return messages;
  }
}
