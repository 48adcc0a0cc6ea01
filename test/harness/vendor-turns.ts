/**
 * A call of many turns with the three simulated vendors, in virtual time. The caller must hear every word once, in order, and
 * without errors, in whatever shape the vendors answer.
 */
import { audibleStart } from '#src/audio/silence.js';
import type { Recording } from '#src/replay/recordings.js';
import { callerRatesHz } from '#src/replay/replay-call.js';
import type { TransportType } from '#src/transport/transport.js';
import { callerSpeech } from '#src/simulators/caller-speech.js';
import type { DeepgramSimulatorOptions } from '#src/simulators/deepgram/deepgram-simulator.js';
import { hearingInTurn } from '#src/simulators/simulated-hearing.js';
import { LoopbackTraffic } from '#src/drills/loopback-traffic.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import { spokenWords, toneSpeech, wordsInTones } from '#src/drills/tone-speech.js';
import type { ElevenLabsSimulatorOptions } from '#src/simulators/elevenlabs/elevenlabs-simulator.js';
import type { OpenAiSimulatorOptions } from '#src/simulators/openai/openai-simulator.js';
import { startSimulatedVendors, type SimulatedVendors } from '#src/simulators/simulated-vendors.js';
import { VirtualRelay, type TestVoices } from '#src/drills/virtual-call.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';

export interface VendorTurnsOptions {
  readonly voices: TestVoices;
  readonly via: TransportType;
  readonly turns: number;
  readonly deepgram?: Pick<DeepgramSimulatorOptions, 'manners' | 'seed'>;
  readonly openai?: Pick<OpenAiSimulatorOptions, 'manners' | 'seed'>;
  /** The requested model, which the server has. @default the default model */
  readonly model?: string;
  readonly elevenlabs?: Pick<ElevenLabsSimulatorOptions, 'manners' | 'seed'>;
}

/** The result of such a call. */
export interface VendorTurns {
  /** The words that the caller heard, and the expected ones. */
  readonly heard: string;
  readonly expected: string;
  /** Turns that ended. */
  readonly turns: number;
  /** Types of the `error` and `provider.*` events except `provider.request`; empty for a good call. */
  readonly troubles: readonly string[];
  /** Requests that the real vendors would have refused. */
  readonly problems: readonly string[];
}

const question = 'are you open';
const letters = 'bcdfghjklm';

/** Two sentences whose words occur in no other answer. */
function answerTo(turn: number): string {
  const mark = `${letters[Math.floor(turn / 10)] ?? ''}a${letters[turn % 10] ?? ''}`;
  return `Yes ${mark}. Come ${mark}e.`;
}

async function questions(via: TransportType, turns: number): Promise<Recording[]> {
  const sampleRateHz = callerRatesHz[via];
  const spoken = await callerSpeech(question, { sampleRateHz });
  const samples = spoken.subarray(audibleStart(spoken, sampleRateHz));
  return Array.from({ length: turns }, (_, index) => ({
    path: '',
    name: String(index),
    samples,
    sampleRateHz,
  }));
}

/** Holds the call; at most 100 turns, since each answer has distinct words. */
export async function vendorTurns({
  voices,
  via,
  turns,
  model,
  ...manners
}: VendorTurnsOptions): Promise<VendorTurns> {
  const clock = new VirtualClock();
  const traffic = new LoopbackTraffic();
  const vendors: SimulatedVendors = await startSimulatedVendors({
    deepgram: { clock, hearing: hearingInTurn(() => question), ...manners.deepgram },
    openai: {
      clock,
      answers: ({ messages }) => answerTo(messages.filter(({ role }) => role === 'user').length - 1),
      ...manners.openai,
      ...(model !== undefined && { models: [model] }),
    },
    elevenlabs: { clock, voice: toneSpeech, ...manners.elevenlabs },
  });
  const relay = await VirtualRelay.start(
    voices,
    {
      ...vendors.providers,
      llm: { ...vendors.providers.llm, ...(model !== undefined && { model }) },
      agent: { systemPrompt: 'You answer.', apologyVoice: standInVoice },
    },
    {},
    { clock, workers: [traffic] },
  );
  try {
    const { recording } = await relay.run(relay.call({ via, recordings: await questions(via, turns) }));
    return {
      heard: recording ? wordsInTones(recording.agent, recording.sampleRateHz).join(' ') : '',
      expected: Array.from({ length: turns }, (_, turn) => spokenWords(answerTo(turn)).join(' ')).join(' '),
      turns: relay.events.filter(({ type }) => type === 'turn.end').length,
      troubles: relay.events.flatMap(({ type }) => {
        const isTrouble = type === 'error' || (type.startsWith('provider.') && type !== 'provider.request');
        return isTrouble ? [type] : [];
      }),
      problems: vendors.problems,
    };
  } finally {
    await relay.close();
    await traffic.idle();
    traffic.close();
    await vendors.close();
  }
}
