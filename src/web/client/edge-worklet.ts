/**
 * Runs on the audio thread: finds where sound begins and ends in its input, and measures its level. `listening-report.ts`
 * defines its messages.
 */
import { SoundEdges, type SoundEdge } from '../../audio/sound-edges.js';
import { soundEndsAfterMs } from '../../transport/webrtc/page-protocol.js';
import { edgeProcessorName, levelEveryMs, type ListeningReport } from './listening-report.js';

/** A global of the worklet's scope (Web Audio API, 1.32.3), which TypeScript's type libraries lack. */
declare const sampleRate: number;
declare const currentFrame: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

class EdgeProcessor extends AudioWorkletProcessor {
  readonly #edges = new SoundEdges({ sampleRateHz: sampleRate, endsAfterMs: soundEndsAfterMs, fullScale: 1 });
  readonly #levelSamples = Math.round((sampleRate * levelEveryMs) / 1000);
  #silence = new Float32Array(128);
  /** The graph's frame number of the first sample. */
  #startFrame: number | null = null;
  #energy = 0;
  #inLevel = 0;
  #isStopped = false;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.#isStopped = true;
    };
  }

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    if (this.#isStopped) return false;
    this.#startFrame ??= currentFrame;
    // Quanta that the graph skipped count as silence, so that positions match its clock.
    while (this.#startFrame + this.#edges.position + this.#silence.length <= currentFrame)
      this.#edges.push(this.#silence, this.#onEdge);
    const samples = inputs[0]?.[0] ?? this.#silence;
    if (samples.length > this.#silence.length) this.#silence = new Float32Array(samples.length);
    this.#edges.push(samples, this.#onEdge);
    this.#measure(samples);
    return true;
  }

  readonly #onEdge = ({ type, position }: SoundEdge): void => {
    this.#post({ type, contextSeconds: ((this.#startFrame ?? 0) + position) / sampleRate });
  };

  #measure(samples: Float32Array): void {
    for (const sample of samples) this.#energy += sample * sample;
    this.#inLevel += samples.length;
    if (this.#inLevel < this.#levelSamples) return;
    this.#post({ type: 'level', rms: Math.sqrt(this.#energy / this.#inLevel) });
    this.#energy = 0;
    this.#inLevel = 0;
  }

  #post(report: ListeningReport): void {
    this.port.postMessage(report);
  }
}

registerProcessor(edgeProcessorName, EdgeProcessor);
