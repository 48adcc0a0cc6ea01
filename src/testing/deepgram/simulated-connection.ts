import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { decodeMulaw } from '../../audio/g711.js';
import type { Clock } from '../../clock.js';
import { isMidStreamFault, type DeepgramFault, type MidStreamFault } from './deepgram-fault.js';
import type { DeepgramLatencies } from './deepgram-latencies.js';
import { EncodingCheck } from './encoding-check.js';
import type { ListenQuery } from './listen-query.js';
import { PaceCheck } from './pace-check.js';
import { SimulatedFlux } from './simulated-flux.js';
import type { SimulatedEar } from './simulated-hearing.js';
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
  readonly onViolation: (problem: string) => void;
  /** A fault that waited for its moment has happened. */
  readonly onFault: () => void;
}

/** One client's connection: what came in, and the recogniser behind it. */
export class SimulatedConnection {
  readonly query: ListenQuery;
  /** Types of the text messages received, in order. */
  readonly controls: string[] = [];
  /** How the client closed; null as long as it has not. */
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
    this.#options = options;
    this.#awaitedFault = fault && isMidStreamFault(fault) ? fault : null;
    this.#encoding = new EncodingCheck(query.format.sampleRateHz);
    this.#pace = new PaceCheck(clock);
    this.#wire = new SimulatedWire({ socket, stream, clock, fault, count, onFault: () => this.#fault() });
    this.#listener = this.#listen({ ear: options.ear, clock, latencies });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => {
      count.received++;
      if (isBinary) this.#hear(data);
      else this.#obey(data.toString());
    });
    socket.on('close', (code) => this.#closed(code));
  }

  /** The audio received, byte for byte. */
  get audio(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Whether the client is still there. */
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
  }): SimulatedListener {
    const { query } = this;
    const options = {
      ...parts,
      query,
      wire: this.#wire,
      onViolation: (problem: string) => this.#violate(problem),
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

  #hear(data: Buffer): void {
    const { encoding, sampleRateHz } = this.query.format;
    this.#notAfterCloseStream('Audio');
    if (data.length === 0) return this.#violate('An empty audio message ends the stream.');
    if (encoding === 'linear16' && data.length % 2 !== 0)
      return this.#violate('An audio message holds half a sample.');
    this.#chunks.push(data);
    const decoded = encoding === 'mulaw' ? decodeMulaw(data) : samplesOf(data);
    const isUnderstood = this.#options.fault?.type !== 'wrong_encoding';
    const samples = isUnderstood ? decoded : new Int16Array(decoded.length);
    const durationMs = (samples.length / sampleRateHz) * 1000;
    this.#audioMs += durationMs;
    this.#encoding.push(samples);
    if (this.#encoding.isMisread) this.#violate(`The audio is not speech in ${encoding}.`);
    if (!this.#pace.push(durationMs)) this.#violate(`The audio does not come at ${sampleRateHz} Hz.`);
    // Nobody understands a word of misread audio.
    this.#listener.hear(this.#encoding.isMisread ? new Int16Array(samples.length) : samples);
    this.#maybeFail();
  }

  #obey(text: string): void {
    const type = typeOf(text);
    if (type === null) return this.#violate('A text message is not one of the API.');
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
    if (!this.#faultHappened && !this.controls.includes('CloseStream') && code !== 1011)
      this.#violate(`The client went away without CloseStream (code ${code}).`);
    this.dispose();
  }

  #notAfterCloseStream(what: string): void {
    if (this.controls.includes('CloseStream')) this.#violate(`${what} came after CloseStream.`);
  }

  /** Each problem once: what is wrong with a stream is wrong with every message of it. */
  #violate(problem: string): void {
    if (this.#reported.has(problem)) return;
    this.#reported.add(problem);
    this.#options.onViolation(problem);
  }
}

function samplesOf(bytes: Buffer): Int16Array {
  // The bytes of a message may lie at an odd address.
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
