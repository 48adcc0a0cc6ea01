import type { Clock, Timer } from '../../clock.js';
import type { ElevenLabsFault } from './elevenlabs-fault.js';
import type { AudioPiece } from './simulated-voice.js';

/** How fast simulated speech comes, in milliseconds. */
export interface ElevenLabsPace {
  /** From a sentence to the first piece of its audio. */
  readonly firstAudioMs: number;
  /** From one piece to the next. */
  readonly pieceMs: number;
}

export interface SimulatedContextOptions {
  readonly clock: Clock;
  readonly pace: ElevenLabsPace;
  readonly fault: ElevenLabsFault | null;
  /** A fault that waited for its moment happens. */
  readonly noteFault: () => void;
  readonly speak: (text: string) => readonly AudioPiece[];
  /** Whether a text is spoken at once, or only when it is flushed. */
  readonly autoMode: boolean;
  readonly onPiece: (piece: AudioPiece) => void;
  /** Everything was said and the context is closed. */
  readonly onFinal: () => void;
  /** It is time for the fault to happen. */
  readonly onFault: (fault: ElevenLabsFault) => void;
}

/** One text that is spoken as it comes, at its pace. */
export class SimulatedContext {
  readonly #options: SimulatedContextOptions;
  #buffer = '';
  /** Pieces that wait for their time; the sentences they belong to count one after another. */
  #queue: { readonly piece: AudioPiece; readonly opensSentence: boolean }[] = [];
  #timer: Timer | null = null;
  /** The latest piece, where the end is to overtake it. */
  #held: AudioPiece | null = null;
  #sent = 0;
  #isClosing = false;
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
    const pieces = this.#options.speak(sentence);
    this.#queue.push(...pieces.map((piece, index) => ({ piece, opensSentence: index === 0 })));
    this.#schedule();
  }

  /** Says what is left, then ends. */
  close(): void {
    this.takeText('', true);
    this.#isClosing = true;
    this.#schedule();
  }

  /** Ends without another word. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
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
    const { fault, noteFault, onPiece, onFault } = this.#options;
    if (fault && 'afterPieces' in fault && this.#sent >= fault.afterPieces) {
      this.stop();
      noteFault();
      onFault(fault);
      return;
    }
    const next = this.#queue.shift();
    const piece = fault?.fault === 'out_of_order' ? this.#held : next?.piece;
    if (piece) onPiece(piece);
    this.#held = next?.piece ?? null;
    this.#sent++;
    this.#schedule();
  }

  #finish(): void {
    this.stop();
    const { fault, speak, onFinal, onPiece } = this.#options;
    if (fault?.fault !== 'never_final') onFinal();
    if (fault?.fault === 'out_of_order' && this.#held) onPiece(this.#held);
    if (fault?.fault === 'stale_audio') speak('This is stale. ').forEach(onPiece);
  }
}
