import type { DeepgramSttConfig, ElevenLabsTtsConfig, OpenAiLlmConfig } from '../server/provider-config.js';
import {
  startDeepgramSimulator,
  type DeepgramSimulator,
  type DeepgramSimulatorOptions,
} from './deepgram-simulator.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from './elevenlabs-simulator.js';
import {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from './openai-simulator.js';
import { simulatedKeys } from './simulated-keys.js';

export interface SimulatedVendorsOptions {
  readonly deepgram?: DeepgramSimulatorOptions;
  readonly openai?: OpenAiSimulatorOptions;
  readonly elevenlabs?: ElevenLabsSimulatorOptions;
}

/** The three vendors of a session, on the loopback interface. Whoever starts them closes them. */
export interface SimulatedVendors {
  readonly deepgram: DeepgramSimulator;
  readonly openai: OpenAiSimulator;
  readonly elevenlabs: ElevenLabsSimulator;
  /** What a session's config needs in order to use them: spread it into the config. */
  readonly providers: {
    readonly stt: DeepgramSttConfig;
    readonly llm: OpenAiLlmConfig;
    readonly tts: ElevenLabsTtsConfig;
  };
  /** What was sent to any of them that the real one would have refused; empty after a good call. */
  readonly problems: readonly string[];
  /** Breaks all connections and frees the ports. */
  close(): Promise<void>;
}

/**
 * Starts all three simulators on free ports, each with a key of its own.
 *
 * @example
 * const vendors = await startSimulatedVendors({
 *   deepgram: { hearing: hearingInTurn(['are you open on friday']) },
 *   openai: { answers: () => 'Yes, from nine to five.' },
 * });
 * const relay = createRelay({ port: 0, session: { ...vendors.providers, agent } });
 */
export async function startSimulatedVendors(
  options: SimulatedVendorsOptions = {},
): Promise<SimulatedVendors> {
  const [deepgram, openai, elevenlabs] = await Promise.all([
    startDeepgramSimulator({ apiKey: simulatedKeys.deepgram, ...options.deepgram }),
    startOpenAiSimulator({ apiKey: simulatedKeys.openai, ...options.openai }),
    startElevenLabsSimulator({ apiKey: simulatedKeys.elevenlabs, ...options.elevenlabs }),
  ]);
  return {
    deepgram,
    openai,
    elevenlabs,
    providers: {
      stt: {
        provider: 'deepgram',
        apiKey: options.deepgram?.apiKey ?? simulatedKeys.deepgram,
        baseUrl: deepgram.baseUrl,
      },
      llm: {
        provider: 'openai',
        apiKey: options.openai?.apiKey ?? simulatedKeys.openai,
        baseUrl: openai.baseUrl,
      },
      tts: {
        provider: 'elevenlabs',
        apiKey: options.elevenlabs?.apiKey ?? simulatedKeys.elevenlabs,
        baseUrl: elevenlabs.baseUrl,
      },
    },
    get problems() {
      return [...deepgram.violations, ...openai.problems, ...elevenlabs.problems];
    },
    async close() {
      await Promise.all([deepgram.close(), openai.close(), elevenlabs.close()]);
    },
  };
}
