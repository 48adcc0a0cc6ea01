/** The page's audio graph. It only listens; its clock times the sounds. */
import { AudioClock } from '../model/audio-clock.js';
import { edgeProcessorName, type ListeningReport } from './listening-report.js';
import { workletUrl } from './worklet-url.js';

const observeEveryMs = 250;

/** Called with each report of the audio thread. */
export type SoundListener = (report: ListeningReport) => void;

export class SoundGraph {
  readonly #context: AudioContext;
  /** When the graph's samples become audible. */
  readonly #audible = new AudioClock();
  /** When the graph renders them. */
  readonly #rendered = new AudioClock();
  readonly #observing: number;

  private constructor(context: AudioContext) {
    this.#context = context;
    this.#observing = setInterval(() => this.#observe(), observeEveryMs);
    context.addEventListener('statechange', () => {
      this.#audible.reset();
      this.#rendered.reset();
    });
  }

  /**
   * Makes the graph; close it with {@link close}. `ownUrl` replaces the address of its audio worklet. Null if the browser has no AudioWorklet (a page over plain HTTP): the call
   * continues, and the relay estimates the ear.
   */
  static async open(ownUrl: string | URL | undefined): Promise<SoundGraph | null> {
    let context: AudioContext | null = null;
    try {
      context = new AudioContext({ latencyHint: 'interactive' });
      await context.audioWorklet.addModule(ownUrl ?? workletUrl());
      return new SoundGraph(context);
    } catch {
      void context?.close();
      return null;
    }
  }

  /** Latency from the graph to the loudspeaker. */
  get outputLatencyMs(): number {
    return 1000 * (this.#context.outputLatency || this.#context.baseLatency || 0);
  }

  /** Starts it, which the browser may allow only after a click. */
  async resume(): Promise<void> {
    await this.#context.resume();
  }

  /**
   * Listens to the first audio track of a stream; the returned function stops it. If the browser cannot (Firefox: microphone
   * and loudspeaker have different rates), nothing is reported, and the relay estimates.
   */
  listen(stream: MediaStream, listener: SoundListener): () => void {
    const source = this.#sourceOf(stream);
    if (!source) return () => undefined;
    const node = new AudioWorkletNode(this.#context, edgeProcessorName, {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    node.port.onmessage = ({ data }: MessageEvent<ListeningReport>) => listener(data);
    source.connect(node);
    return () => {
      node.port.onmessage = null;
      // Else the node lives, and works, as long as the graph.
      node.port.postMessage('stop');
      source.disconnect();
    };
  }

  /** Page time at which the graph's sample of this time is audible at the loudspeaker. */
  audibleMs(contextSeconds: number): number {
    this.#observe();
    return this.#audible.pageMs(contextSeconds) ?? performance.now();
  }

  /** Page time at which the graph rendered the sample of this time. */
  renderedMs(contextSeconds: number): number {
    this.#observe();
    return this.#rendered.pageMs(contextSeconds) ?? performance.now();
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#observing);
    if (this.#context.state !== 'closed') void this.#context.close();
  }

  #sourceOf(stream: MediaStream): MediaStreamAudioSourceNode | null {
    try {
      return this.#context.createMediaStreamSource(stream);
    } catch {
      return null;
    }
  }

  #observe(): void {
    if (this.#context.state !== 'running') return;
    const { contextTime = 0, performanceTime = 0 } = this.#context.getOutputTimestamp();
    this.#audible.observe(contextTime, performanceTime);
    this.#rendered.observe(this.#context.currentTime, performance.now());
  }
}
