import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  elevenLabsTextToSpeech,
  type ElevenLabsOptions,
  type ElevenLabsTextToSpeech,
} from '#src/providers/elevenlabs/elevenlabs-text-to-speech.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
} from '#src/simulators/elevenlabs/elevenlabs-simulator.js';
import { phoneFormat } from './spoken-answer.js';

export const elevenLabsKey = 'el-test-77aa12';

/** A simulated ElevenLabs, and the providers that a test makes for it. */
export class ElevenLabsVoices {
  readonly simulator: ElevenLabsSimulator;
  readonly #made: ElevenLabsTextToSpeech[] = [];

  private constructor(simulator: ElevenLabsSimulator) {
    this.simulator = simulator;
  }

  static async start(): Promise<ElevenLabsVoices> {
    const pace = { firstAudioMs: 0, pieceMs: 0 };
    return new ElevenLabsVoices(await startElevenLabsSimulator({ apiKey: elevenLabsKey, pace }));
  }

  create(options: Partial<ElevenLabsOptions> = {}): ElevenLabsTextToSpeech {
    const { baseUrl } = this.simulator;
    const tts = elevenLabsTextToSpeech({ apiKey: elevenLabsKey, baseUrl, ...options });
    this.#made.push(tts);
    return tts;
  }

  /** Opens a socket ahead and waits until it is the simulator's `nth`. */
  async preconnect(tts: ElevenLabsTextToSpeech, nth: number): Promise<void> {
    tts.preconnect(phoneFormat);
    while (this.simulator.connections < nth) await nextTurn();
  }

  /** Forgets what the simulator has recorded. */
  reset(): void {
    const { simulator } = this;
    simulator.problems.length = simulator.texts.length = simulator.sentAudio.length = 0;
    simulator.mostContexts = simulator.connections = 0;
  }

  async closeProviders(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((tts) => tts.close()));
  }

  /** Ends the simulator. */
  close(): Promise<void> {
    return this.simulator.close();
  }
}
