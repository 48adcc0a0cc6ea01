import type { ServerResponse } from 'node:http';
import { encodeMulaw } from '../../../audio/g711.js';
import type { Clock, Timer } from '../../../core/clock.js';
import type { SimulatedVoice } from '../../simulated-voice.js';
import type { VoiceFault } from '../../vendor-simulator.js';
import type { OpenAiVoiceManners } from './openai-voice-manners.js';

/** Latencies of simulated speech, in milliseconds. */
export interface OpenAiVoicePace {
  /** From a text to its first piece of audio. */
  readonly firstAudioMs: number;
  /** From one piece to the next. */
  readonly pieceMs: number;
}

export interface SimulatedSpeechAnswerOptions {
  readonly response: ServerResponse;
  readonly text: string;
  readonly voice: SimulatedVoice;
  readonly pace: OpenAiVoicePace;
  readonly pieceLengthMs: number;
  readonly manners: OpenAiVoiceManners;
  readonly fault: VoiceFault | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onSent: (piece: Buffer) => void;
  readonly onFault: () => void;
}

const rateHz = 24_000;
const bytesPerMs = (2 * rateHz) / 1000;

/** One answer of the speech endpoint: raw audio in pieces, at the given pace. */
export class SimulatedSpeechAnswer {
  readonly #options: SimulatedSpeechAnswerOptions;
  readonly #pieces: Buffer[];
  #timer: Timer | null = null;
  #sent = 0;
  #stopped = false;

  constructor(options: SimulatedSpeechAnswerOptions) {
    this.#options = options;
    this.#pieces = piecesOf(options);
    if (options.fault && !('afterPieces' in options.fault)) options.onFault();
    // The end of a response cannot overtake its audio: `out_of_order` changes nothing on this wire.
  }

  start(): void {
    const { response, manners, pace } = this.#options;
    const type = manners.contentType === null ? {} : { 'content-type': manners.contentType };
    response.writeHead(200, type);
    response.flushHeaders();
    this.#after(pace.firstAudioMs);
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #after(delayMs: number): void {
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.#next());
  }

  #next(): void {
    const { response, fault, pace, manners, onFault, onSent } = this.#options;
    if (this.#stopped) return;
    if (fault && 'afterPieces' in fault && this.#sent >= fault.afterPieces) {
      onFault();
      this.#failAs(fault.fault);
      return;
    }
    const piece = this.#pieces.shift();
    if (piece) {
      this.#sent++;
      onSent(piece);
      response.write(piece);
    }
    if (this.#pieces.length === 0 && !(fault && 'afterPieces' in fault)) response.end();
    else this.#after(this.#sent === 1 ? Math.max(pace.pieceMs, manners.pauseAfterFirstMs) : pace.pieceMs);
  }

  #failAs(fault: 'drop' | 'stall' | 'garbage'): void {
    const { response } = this.#options;
    this.stop();
    const { socket } = response;
    if (fault === 'drop') socket?.destroySoon();
    // Not the length of a chunk of the transfer encoding (RFC 9112 section 7.1).
    if (fault === 'garbage') socket?.write('half a chunk\r\n');
  }
}

function piecesOf(options: SimulatedSpeechAnswerOptions): Buffer[] {
  const { text, voice, fault, manners, pieceLengthMs, random } = options;
  const { samples } = voice(text, rateHz);
  const lead = Buffer.alloc(manners.leadingSilenceMs * bytesPerMs);
  const speech =
    fault?.fault === 'wrong_encoding' ? Buffer.from(encodeMulaw(samples)) : littleEndian(samples);
  const audio = Buffer.concat([lead, speech]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < audio.length;) {
    const odd = manners.cutsSamples ? Math.floor(random() * 200) : 0;
    const length = Math.round(pieceLengthMs * bytesPerMs) + odd;
    pieces.push(audio.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

function littleEndian(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(sample, index * 2);
  return bytes;
}
