import type { Clock, Timer } from '../../core/clock.js';
import type { ElevenLabsFault } from './elevenlabs-fault.js';
import type { ElevenLabsManners } from './elevenlabs-manners.js';
import { timingOf, type TimingFields } from './simulated-timing.js';
import type { AudioPiece } from '../simulated-voice.js';

/** Latencies of simulated speech, in milliseconds. */
export interface ElevenLabsPace {
  /** From a sentence to its first piece of audio. */
  readonly firstAudioMs: number;
  /** From one piece to the next. */
  readonly pieceMs: number;
}

export interface SimulatedContextOptions {
  readonly clock: Clock;
  readonly pace: ElevenLabsPace;
  readonly fault: ElevenLabsFault | null;
  /** Called when a scheduled fault happens. */
  readonly noteFault: () => void;
  readonly speak: (text: string) => readonly AudioPiece[];
  /** Whether a text is spoken at once; otherwise when it is flushed. */
  readonly autoMode: boolean;
  readonly manners: Required<ElevenLabsManners>;
  readonly onPiece: (audio: Buffer, times: TimingFields) => void;
  /** A flushed text has been spoken. */
  readonly onFlushed: () => void;
  /** All text was spoken and the context is closed. */
  readonly onFinal: () => void;
  /** The fault is due. */
  readonly onFault: (fault: ElevenLabsFault) => void;
}

/** Delay of a late end. */
const lateFinalMs = 400;

interface TimedPiece {
  readonly audio: Buffer;
  readonly times: TimingFields;
  readonly opensSentence: boolean;
  /** Whether it is the last piece of a flushed text. */
  readonly endsFlush: boolean;
}

/** One text, spoken as it arrives, at the given pace. */
export class SimulatedContext {
  readonly #options: SimulatedContextOptions;
  #buffer = '';
  /** Pieces that wait for their time, sentence after sentence. */
  #queue: TimedPiece[] = [];
  /** Duration of the audio of all sentences so far. */
  #spokenMs = 0;
  #timer: Timer | null = null;
  /** The latest piece, if the end must overtake it. */
  #held: TimedPiece | null = null;
  #sent = 0;
  #isClosing = false;
  #isLate = false;
  #isStopped = false;

  constructor(options: SimulatedContextOptions) {
    this.#options = options;
  }

  takeText(text: string, flush: boolean): void {
    this.#buffer += text;
    if (!flush && !this.#options.autoMode) return;
    const sentence = this.#buffer;
    this.#buffer = '';
    if (sentence.trim() === '' || this.#options.fault?.fault === 'no_audio') return;
    this.#queue.push(...this.#timed(this.#options.speak(sentence), flush));
    this.#schedule();
  }

  /** Speaks the rest, then ends. */
  close(): void {
    this.takeText('', true);
    this.#isClosing = true;
    this.#schedule();
  }

  /** Ends without speaking the rest. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #timed(pieces: readonly AudioPiece[], flush: boolean, timing = this.#options.manners.timing): TimedPiece[] {
    const times = timingOf(timing, pieces, this.#spokenMs);
    this.#spokenMs += pieces.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
    return pieces.map(({ audio }, index) => ({
      audio,
      times: times[index] ?? {},
      opensSentence: index === 0,
      endsFlush: flush && index === pieces.length - 1,
    }));
  }

  #schedule(): void {
    if (this.#timer || this.#isStopped) return;
    const { clock, pace } = this.#options;
    const next = this.#queue[0];
    if (!next) {
      if (this.#isClosing) this.#finish();
      return;
    }
    this.#timer = clock.setTimer(next.opensSentence ? pace.firstAudioMs : pace.pieceMs, () => {
      this.#timer = null;
      this.#sendPiece();
    });
  }

  #sendPiece(): void {
    const { fault, noteFault, onFault } = this.#options;
    if (fault && 'afterPieces' in fault && this.#sent >= fault.afterPieces) {
      this.stop();
      noteFault();
      onFault(fault);
      return;
    }
    const next = this.#queue.shift();
    const piece = fault?.fault === 'out_of_order' ? this.#held : next;
    if (piece) this.#give(piece);
    this.#held = next ?? null;
    this.#sent++;
    this.#schedule();
  }

  #give({ audio, times, endsFlush }: TimedPiece): void {
    const { manners, onPiece, onFlushed } = this.#options;
    onPiece(audio, times);
    if (endsFlush && manners.flushDone) onFlushed();
  }

  #finish(): void {
    const { fault, manners, clock } = this.#options;
    if (manners.final === 'late' && !this.#isLate) {
      this.#isLate = true;
      this.#timer = clock.setTimer(lateFinalMs, () => this.#finish());
      return;
    }
    this.stop();
    const { speak, onFinal } = this.#options;
    // Audio can be recognised as stale only if the end was reported.
    const tellsEnd = manners.final !== 'missing' || fault?.fault === 'stale_audio';
    if (fault?.fault !== 'never_final' && tellsEnd) onFinal();
    if (fault?.fault === 'out_of_order' && this.#held) this.#give(this.#held);
    // Only its letters distinguish it from the answer's own audio that the end has overtaken.
    if (fault?.fault === 'stale_audio')
      this.#timed(speak('This is stale. '), false, 'piece').forEach((piece) => this.#give(piece));
  }
}
