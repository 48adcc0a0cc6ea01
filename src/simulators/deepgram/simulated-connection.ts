import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { decodeMulaw } from '../../audio/g711.js';
import type { Clock } from '../../core/clock.js';
import { isMidStreamFault, type DeepgramFault, type MidStreamFault } from './deepgram-fault.js';
import type { DeepgramLatencies } from './deepgram-latencies.js';
import type { ChosenManners } from './deepgram-manners.js';
import { EncodingCheck } from './encoding-check.js';
import type { ListenQuery } from './listen-query.js';
import { PaceCheck } from './pace-check.js';
import { SimulatedFlux } from './simulated-flux.js';
import type { SimulatedEar } from '../simulated-hearing.js';
import type { SimulatedListener } from './simulated-listener.js';
import { SimulatedNova } from './simulated-nova.js';
import { SimulatedWire, type SimulatedWireCount } from './simulated-wire.js';

export interface SimulatedConnectionOptions {
  readonly socket: WebSocket;
  readonly stream: Duplex;
  readonly query: ListenQuery;
  readonly fault: DeepgramFault | null;
  readonly clock: Clock;
  readonly count: SimulatedWireCount;
  readonly latencies: DeepgramLatencies;
  readonly ear: SimulatedEar;
  readonly manners: ChosenManners;
  readonly onProblem: (problem: string) => void;
  /** Called when a scheduled fault has happened. */
  readonly onFault: () => void;
}

/** One client connection: its received messages, and its recogniser. */
export class SimulatedConnection {
  readonly query: ListenQuery;
  /** Types of the text messages received, in order. */
  readonly controls: string[] = [];
  /** Its behaviour. */
  readonly manners: ChosenManners;
  /** WebSocket pings received. */
  pings = 0;
  /** The client's close code; null until it has closed. */
  closeCode: number | null = null;
  readonly #options: SimulatedConnectionOptions;
  readonly #wire: SimulatedWire;
  readonly #listener: SimulatedListener;
  readonly #encoding: EncodingCheck;
  readonly #pace: PaceCheck;
  readonly #reported = new Set<string>();
  readonly #chunks: Buffer[] = [];
  #audioMs = 0;
  #awaitedFault: MidStreamFault | null;
  #faultHappened = false;

  constructor(options: SimulatedConnectionOptions) {
    const { socket, stream, query, fault, clock, count, latencies } = options;
    this.query = query;
    this.manners = options.manners;
    this.#options = options;
    this.#awaitedFault = fault && isMidStreamFault(fault) ? fault : null;
    this.#encoding = new EncodingCheck(query.format.sampleRateHz);
    this.#pace = new PaceCheck(clock);
    this.#wire = new SimulatedWire({ socket, stream, clock, fault, count, onFault: () => this.#fault() });
    this.#listener = this.#listen({ ear: options.ear, clock, latencies, manners: options.manners });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => {
      count.received++;
      if (isBinary) this.#hear(data);
      else this.#obey(data.toString());
    });
    socket.on('ping', (data) => this.#answerPing(data));
    socket.on('close', (code) => this.#closed(code));
  }

  /** The audio received, byte for byte. */
  get audio(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Seconds of audio received, silence included. */
  get seconds(): number {
    const { encoding, sampleRateHz } = this.query.format;
    const bytes = this.#chunks.reduce((sum, { length }) => sum + length, 0);
    return bytes / (sampleRateHz * (encoding === 'mulaw' ? 1 : Int16Array.BYTES_PER_ELEMENT));
  }

  /** Whether the connection is open. */
  get isOpen(): boolean {
    return this.closeCode === null;
  }

  /** Stops the recogniser. */
  dispose(): void {
    this.#listener.dispose();
    this.#wire.dispose();
  }

  #listen(parts: {
    readonly ear: SimulatedEar;
    readonly clock: Clock;
    readonly latencies: DeepgramLatencies;
    readonly manners: ChosenManners;
  }): SimulatedListener {
    const { query } = this;
    const options = {
      ...parts,
      query,
      wire: this.#wire,
      onProblem: (problem: string) => this.#complain(problem),
    };
    if (query.wire === 'v1') {
      const nova = new SimulatedNova(options);
      nova.heardSomething();
      return nova;
    }
    const flux = new SimulatedFlux(options);
    flux.greet();
    return flux;
  }

  #answerPing(data: Buffer): void {
    const { socket, fault, count } = this.#options;
    this.pings++;
    count.received++;
    this.#listener.pinged();
    if (fault?.type === 'no_pong') return;
    count.sent++;
    socket.pong(data);
  }

  #hear(data: Buffer): void {
    const { encoding, sampleRateHz } = this.query.format;
    this.#notAfterCloseStream('Audio');
    if (data.length === 0) return this.#complain('An empty audio message ends the stream.');
    if (encoding === 'linear16' && data.length % 2 !== 0)
      return this.#complain('An audio message contains half a sample.');
    this.#chunks.push(data);
    const decoded = encoding === 'mulaw' ? decodeMulaw(data) : samplesOf(data);
    const isUnderstood = this.#options.fault?.type !== 'wrong_encoding';
    const samples = isUnderstood ? decoded : new Int16Array(decoded.length);
    const durationMs = (samples.length / sampleRateHz) * 1000;
    this.#audioMs += durationMs;
    this.#encoding.push(samples);
    if (this.#encoding.isMisread) this.#complain(`The audio is not speech in ${encoding}.`);
    if (!this.#pace.push(durationMs)) this.#complain(`The audio does not arrive at ${sampleRateHz} Hz.`);
    // Misread audio contains no recognisable words.
    this.#listener.hear(this.#encoding.isMisread ? new Int16Array(samples.length) : samples);
    this.#maybeFail();
  }

  #obey(text: string): void {
    const type = typeOf(text);
    if (type === null) return this.#complain('A text message is not one of the API.');
    this.#notAfterCloseStream(type);
    this.controls.push(type);
    this.#listener.obey(type);
  }

  #maybeFail(): void {
    const fault = this.#awaitedFault;
    if (!fault || this.#audioMs < fault.afterAudioMs) return;
    this.#awaitedFault = null;
    this.#fault();
    this.#wire.failAs(fault);
    if (fault.type !== 'garbage') this.dispose();
  }

  #fault(): void {
    this.#faultHappened = true;
    this.#options.onFault();
  }

  #closed(code: number): void {
    this.closeCode = code;
    if (!this.#faultHappened && !this.#isExpectedEnd(code))
      this.#complain(`The client closed without CloseStream (code ${code}).`);
    this.dispose();
  }

  #isExpectedEnd(code: number): boolean {
    return this.controls.includes('CloseStream') || code === 1011 || this.#options.fault?.type === 'no_pong';
  }

  #notAfterCloseStream(what: string): void {
    if (this.controls.includes('CloseStream')) this.#complain(`${what} came after CloseStream.`);
  }

  /** Records each problem once: every message of a faulty stream has it. */
  #complain(problem: string): void {
    if (this.#reported.has(problem)) return;
    this.#reported.add(problem);
    this.#options.onProblem(problem);
  }
}

function samplesOf(bytes: Buffer): Int16Array {
  // The bytes of a message may start at an odd address.
  const aligned = new Uint8Array(bytes);
  return new Int16Array(aligned.buffer, 0, aligned.length / Int16Array.BYTES_PER_ELEMENT);
}

function typeOf(text: string): string | null {
  try {
    const message: unknown = JSON.parse(text);
    const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : null;
    return typeof type === 'string' ? type : null;
  } catch {
    return null;
  }
}
