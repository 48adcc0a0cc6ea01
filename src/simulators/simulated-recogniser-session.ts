/** One connection to a simulated recogniser over WebSockets: audio comes in, words come out later, and faults happen. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { AudioFormat } from '../audio/audio-frame.js';
import { decodeMulaw } from '../audio/g711.js';
import { isAudible } from '../audio/level.js';
import type { Clock, Timer } from '../core/clock.js';
import type { SimulatedEar, SpokenWord } from './simulated-hearing.js';
import type { RecogniserFault } from './vendor-simulator.js';

/** Counts of exchanged messages, pings and pongs included. */
export interface ExchangedMessages {
  sent: number;
  received: number;
}

/** Latencies of a simulated recogniser, in milliseconds. */
export interface RecogniserLatencies {
  /** From the last speech to its final, including the wait for silence. @default 298 */
  readonly finalMs: number;
  /** From a request for a final to its answer. @default 100 */
  readonly flushMs: number;
  /** From audio to the partial that contains it. @default 100 */
  readonly partialMs: number;
}

export interface RecogniserSessionOptions {
  readonly socket: WebSocket;
  /** The TCP connection below it. */
  readonly stream: Duplex;
  readonly format: AudioFormat;
  readonly ear: SimulatedEar;
  readonly clock: Clock;
  readonly latencies: RecogniserLatencies;
  readonly fault: RecogniserFault | null;
  readonly count: ExchangedMessages;
  /** Called when the vendor would refuse or misunderstand the client. */
  readonly onProblem: (problem: string) => void;
  /** Called when a scheduled fault has happened. */
  readonly onFault: () => void;
}

/** Audio louder than this may be a voice. */
const speechDbfs = -45;
/** Whether there is speech is decided for parts of this length. */
const partSec = 0.02;
/** Audio between two partials. */
const partialEverySec = 0.25;
/** `slow_drip` sends so many bytes at a time. */
const drip = { bytes: 40, everyMs: 5 };

/** Takes the client's audio, hears words in it, and fails as it was told to. Each vendor adds its messages. */
export abstract class RecogniserSession {
  /** Audio received byte for byte. */
  readonly chunks: Buffer[] = [];
  /** Text messages received, in order. */
  readonly controls: string[] = [];
  protected readonly options: RecogniserSessionOptions;
  /** Audio up to here has its final. */
  protected finalSec = 0;
  readonly #timers = new Set<Timer>();
  #speechSec: number | null = null;
  #partialSec = 0;
  #bytes = 0;
  #samples = 0;
  #isSilenced = false;
  #held: string | null = null;
  readonly #drip: string[] = [];
  #isDripping = false;
  #faultDue: boolean;

  constructor(options: RecogniserSessionOptions) {
    this.options = options;
    this.#faultDue = options.fault !== null && 'afterAudioMs' in options.fault;
    const { socket, count } = options;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => {
      count.received++;
      this.take(data, isBinary);
    });
    socket.on('ping', (data: Buffer) => {
      count.received++;
      if (socket.readyState !== socket.OPEN) return;
      count.sent++;
      socket.pong(data);
    });
    socket.on('close', () => this.dispose());
  }

  /** Seconds of audio received. */
  get seconds(): number {
    return this.#bytes / this.#bytesPerSec;
  }

  /** Whether the connection is open. */
  get isOpen(): boolean {
    return this.options.socket.readyState === this.options.socket.OPEN;
  }

  /** Stops all timers; no message is sent after it. */
  dispose(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** Handles a message of the client. */
  protected abstract take(data: Buffer, isBinary: boolean): void;
  protected abstract sayPartial(words: readonly SpokenWord[]): void;
  /** The speaker has been silent for `latencies.finalMs`. */
  protected abstract speechEnded(): void;
  /** Closes as the vendor does after a failure of its own. */
  protected abstract closeAsFailed(): void;
  /** The first half of a message. */
  protected abstract readonly halfMessage: string;

  /** Audio received so far. */
  protected get positionSec(): number {
    return this.#samples / this.options.format.sampleRateHz;
  }

  /** Length of a message of audio in milliseconds. */
  protected lengthMs(audio: Buffer): number {
    return (audio.length / this.#bytesPerSec) * 1000;
  }

  get #bytesPerSec(): number {
    const { encoding, sampleRateHz } = this.options.format;
    return sampleRateHz * (encoding === 'mulaw' ? 1 : 2);
  }

  /** Takes the next audio. */
  protected hear(audio: Buffer): void {
    const { format, fault, onProblem } = this.options;
    if (format.encoding === 'linear16' && audio.length % 2 !== 0)
      return onProblem('A message of audio has half a sample.');
    this.chunks.push(audio);
    this.#bytes += audio.length;
    const decoded = format.encoding === 'mulaw' ? decodeMulaw(audio) : samplesOf(audio);
    const samples = fault?.type === 'wrong_encoding' ? new Int16Array(decoded.length) : decoded;
    const length = Math.round(partSec * format.sampleRateHz);
    for (let at = 0; at < samples.length; at += length) this.#hearPart(samples.subarray(at, at + length));
    this.failIfDue();
  }

  #hearPart(samples: Int16Array): void {
    const { ear, latencies } = this.options;
    const isSpeech = isAudible(samples, speechDbfs);
    this.#samples += samples.length;
    ear.hear(samples, isSpeech);
    if (isSpeech) this.#speechSec = this.positionSec;
    else if (this.#speechSec !== null) {
      const silentMs = (this.positionSec - this.#speechSec) * 1000;
      if (silentMs >= latencies.finalMs) {
        this.#speechSec = null;
        this.speechEnded();
      }
    }
    if (this.positionSec - this.#partialSec < partialEverySec - 1e-9) return;
    this.#partialSec = this.positionSec;
    const atSec = this.positionSec;
    this.after(latencies.partialMs, () => {
      const words = this.wordsUntil(atSec);
      if (words.length > 0) this.sayPartial(words);
    });
  }

  protected after(delayMs: number, act: () => void): void {
    const timer = this.options.clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
  }

  /** Calls `act` after `delayMs`, but not before all words so far are known. */
  protected whenKnown(delayMs: number, act: () => void): void {
    const { clock, ear } = this.options;
    const dueMs = clock.nowMs() + delayMs;
    const settled = ear.settle();
    const wait = (): void => {
      const leftMs = dueMs - clock.nowMs();
      if (leftMs > 0) this.after(leftMs, act);
      else act();
    };
    if (settled) void settled.then(wait);
    else wait();
  }

  /** The known words without a final that end before the position. */
  protected wordsUntil(toSec: number): SpokenWord[] {
    const rounding = 1e-6;
    return this.options.ear.words.filter(
      ({ endSec }) => endSec > this.finalSec + rounding && endSec <= toSec + rounding,
    );
  }

  /** Sends a message as JSON, with this connection's fault applied. */
  protected send(message: object, isFinal = false): void {
    const text = JSON.stringify(message);
    const { fault, onFault, socket, stream } = this.options;
    if (fault?.type === 'cut_final' && isFinal && !this.#isSilenced) {
      this.#isSilenced = true;
      onFault();
      if (this.isOpen) socket.send(text.slice(0, text.length / 2), { fin: false }, () => stream.destroy());
    } else if (fault?.type === 'out_of_order') this.#sendSwapped(text);
    else if (fault?.type === 'slow_drip') this.#sendSlowly(text);
    else this.sendText(text);
  }

  /** Sends the first message. A client that waits for it sends nothing before, so it changes places with no other. */
  protected greet(message: object): void {
    if (this.options.fault?.type === 'out_of_order') this.sendText(JSON.stringify(message));
    else this.send(message);
  }

  /** Closes the WebSocket. */
  protected closeSocket(code: number, reason = ''): void {
    if (this.#held !== null) this.sendText(this.#held);
    this.#held = null;
    if (!this.#isSilenced) this.options.socket.close(code, reason);
  }

  protected sendText(text: string): void {
    if (this.#isSilenced || !this.isOpen) return;
    this.options.count.sent++;
    this.options.socket.send(text);
  }

  #sendSwapped(text: string): void {
    if (this.#held === null) {
      this.#held = text;
      return;
    }
    this.sendText(text);
    this.sendText(this.#held);
    this.#held = null;
  }

  #sendSlowly(text: string): void {
    for (let at = 0; at < text.length; at += drip.bytes) this.#drip.push(text.slice(at, at + drip.bytes));
    // An empty piece marks the end of a message.
    this.#drip.push('');
    if (!this.#isDripping) this.#sendPiece();
  }

  #sendPiece(): void {
    const piece = this.#drip.shift();
    this.#isDripping = piece !== undefined && this.isOpen;
    if (piece === undefined || !this.#isDripping) return;
    if (piece === '') this.options.count.sent++;
    this.options.socket.send(piece, { fin: piece === '' });
    this.after(drip.everyMs, () => this.#sendPiece());
  }

  /** Has the fault if its moment has come; `aheadMs`: audio that counts as heard already. */
  protected failIfDue(aheadMs = 0): void {
    const { fault, stream, onFault } = this.options;
    if (!this.#faultDue || !fault || !('afterAudioMs' in fault)) return;
    if (this.positionSec * 1000 + aheadMs < fault.afterAudioMs) return;
    this.#faultDue = false;
    onFault();
    if (fault.type === 'drop') stream.destroy();
    else if (fault.type === 'half_close') stream.end();
    else if (fault.type === 'close') this.closeAsFailed();
    else if (fault.type === 'garbage') this.sendText(this.halfMessage);
    else stream.pause();
    if (fault.type === 'garbage') return;
    this.#isSilenced = true;
    this.dispose();
  }
}

function samplesOf(bytes: Buffer): Int16Array {
  // The bytes of a message may start at an odd address.
  const aligned = new Uint8Array(bytes);
  return new Int16Array(aligned.buffer, 0, aligned.length / Int16Array.BYTES_PER_ELEMENT);
}
