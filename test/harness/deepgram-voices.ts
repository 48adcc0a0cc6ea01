import {
  deepgramTextToSpeech,
  type DeepgramTextToSpeechOptions,
  type DeepgramVoice,
} from '#src/providers/deepgram/voice/deepgram-voice.js';
import {
  startDeepgramVoiceSimulator,
  type DeepgramVoiceSimulator,
  type DeepgramVoiceSimulatorOptions,
} from '#src/simulators/deepgram/voice/deepgram-voice-simulator.js';

export const deepgramVoiceKey = 'dg-test-51bb08';

/** Deepgram's simulated voices, and the providers that a test makes for them. */
export class DeepgramVoices {
  readonly simulator: DeepgramVoiceSimulator;
  readonly #made: DeepgramVoice[] = [];

  private constructor(simulator: DeepgramVoiceSimulator) {
    this.simulator = simulator;
  }

  static async start(options: DeepgramVoiceSimulatorOptions = {}): Promise<DeepgramVoices> {
    const pace = { firstAudioMs: 0, pieceMs: 0 };
    return new DeepgramVoices(
      await startDeepgramVoiceSimulator({ apiKey: deepgramVoiceKey, pace, ...options }),
    );
  }

  create(options: Partial<DeepgramTextToSpeechOptions> = {}): DeepgramVoice {
    const { baseUrl } = this.simulator;
    const tts = deepgramTextToSpeech({ apiKey: deepgramVoiceKey, baseUrl, ...options });
    this.#made.push(tts);
    return tts;
  }

  /** Closes the providers and the simulator. */
  async close(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((tts) => tts.close()));
    await this.simulator.close();
  }
}
