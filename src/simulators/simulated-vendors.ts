import type { DeepgramSttConfig } from '../providers/deepgram/deepgram-definition.js';
import type { ElevenLabsTtsConfig } from '../providers/elevenlabs/elevenlabs-definition.js';
import type { OpenAiLlmConfig } from '../providers/openai/openai-definition.js';
import {
  startDeepgramSimulator,
  type DeepgramSimulator,
  type DeepgramSimulatorOptions,
} from './deepgram/deepgram-simulator.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from './elevenlabs/elevenlabs-simulator.js';
import {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from './openai/openai-simulator.js';
import { simulatedKeys } from './simulated-keys.js';

export interface SimulatedVendorsOptions {
  readonly deepgram?: DeepgramSimulatorOptions;
  readonly openai?: OpenAiSimulatorOptions;
  readonly elevenlabs?: ElevenLabsSimulatorOptions;
}

/** The three vendors of a session, on the loopback interface. The caller closes them. */
export interface SimulatedVendors {
  readonly deepgram: DeepgramSimulator;
  readonly openai: OpenAiSimulator;
  readonly elevenlabs: ElevenLabsSimulator;
  /** The session config that uses them: spread it into your config. */
  readonly providers: {
    readonly stt: DeepgramSttConfig;
    readonly llm: OpenAiLlmConfig;
    readonly tts: ElevenLabsTtsConfig;
  };
  /** Requests that the real vendors would have refused; empty after a correct call. */
  readonly problems: readonly string[];
  /** Cuts all connections and frees the ports. */
  close(): Promise<void>;
}

/**
 * Starts all three simulators on free ports, each with its own key.
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
      return [...deepgram.problems, ...openai.problems, ...elevenlabs.problems];
    },
    async close() {
      await Promise.all([deepgram.close(), openai.close(), elevenlabs.close()]);
    },
  };
}
