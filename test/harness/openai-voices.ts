import {
  openAiTextToSpeech,
  type OpenAiTextToSpeech,
  type OpenAiVoiceOptions,
} from '#src/providers/openai/voice/openai-text-to-speech.js';
import {
  startOpenAiVoiceSimulator,
  type OpenAiVoiceSimulator,
  type OpenAiVoiceSimulatorOptions,
} from '#src/simulators/openai/voice/openai-voice-simulator.js';

export const openAiVoiceKey = 'sk-test-voice-5c21e8';

/** A simulated speech endpoint of OpenAI, and a provider that uses it. */
export class OpenAiVoices {
  readonly simulator: OpenAiVoiceSimulator;
  readonly #made: OpenAiTextToSpeech[] = [];

  private constructor(simulator: OpenAiVoiceSimulator) {
    this.simulator = simulator;
  }

  static async start(options: OpenAiVoiceSimulatorOptions = {}): Promise<OpenAiVoices> {
    const pace = { firstAudioMs: 0, pieceMs: 0 };
    return new OpenAiVoices(await startOpenAiVoiceSimulator({ apiKey: openAiVoiceKey, pace, ...options }));
  }

  create(options: Partial<OpenAiVoiceOptions> = {}): OpenAiTextToSpeech {
    const { baseUrl } = this.simulator;
    const tts = openAiTextToSpeech({ apiKey: openAiVoiceKey, baseUrl, ...options });
    this.#made.push(tts);
    return tts;
  }

  /** Ends the providers and the simulator. */
  async close(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((tts) => tts.close()));
    await this.simulator.close();
  }
}
