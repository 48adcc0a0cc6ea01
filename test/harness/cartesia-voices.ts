import {
  cartesiaTextToSpeech,
  type CartesiaTextToSpeech,
  type CartesiaVoiceOptions,
} from '#src/providers/cartesia/cartesia-text-to-speech.js';
import { cartesiaTts } from '#src/simulators/cartesia/cartesia-definition.js';
import {
  startCartesiaVoiceSimulator,
  type CartesiaVoiceSimulator,
  type CartesiaVoiceSimulatorOptions,
} from '#src/simulators/cartesia/cartesia-voice-simulator.js';

const { apiKey } = cartesiaTts;

/** The simulated Cartesias of a test, and the voices that it makes for them. */
export class CartesiaVoices {
  readonly #running: { close(): Promise<void> }[] = [];

  /** Starts a simulator without latencies. */
  async simulate(options: CartesiaVoiceSimulatorOptions = {}): Promise<CartesiaVoiceSimulator> {
    const pace = { firstAudioMs: 0, pieceMs: 0 };
    const simulator = await startCartesiaVoiceSimulator({ apiKey, pace, ...options });
    this.#running.push(simulator);
    return simulator;
  }

  create(
    { baseUrl }: CartesiaVoiceSimulator,
    options: Partial<CartesiaVoiceOptions> = {},
  ): CartesiaTextToSpeech {
    const tts = cartesiaTextToSpeech({ apiKey, baseUrl, ...options });
    this.#running.push(tts);
    return tts;
  }

  /** Closes the voices, then the simulators. */
  async close(): Promise<void> {
    for (const one of this.#running.splice(0).reverse()) await one.close();
  }
}
