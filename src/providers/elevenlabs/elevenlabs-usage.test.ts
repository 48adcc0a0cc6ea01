import { afterEach, describe, expect, it } from '@jest/globals';
import type { TtsUsage } from '../../metrics/provider-usage.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import type { TextToSpeechStream, TtsEvent } from '../text-to-speech.js';
import {
  elevenLabsTextToSpeech,
  type ElevenLabsOptions,
  type ElevenLabsTextToSpeech,
} from './elevenlabs-text-to-speech.js';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

interface Answer {
  readonly stream: TextToSpeechStream;
  readonly usage: TtsUsage[];
  /** Resolves when an event of this type arrives. */
  readonly next: (type: TtsEvent['type']) => Promise<void>;
}

async function speak(
  texts: readonly string[],
  options: Partial<ElevenLabsOptions> = {},
  simulated: ElevenLabsSimulatorOptions = {},
  prepare: (simulator: ElevenLabsSimulator) => void = () => undefined,
): Promise<Answer & { readonly simulator: ElevenLabsSimulator; readonly voice: ElevenLabsTextToSpeech }> {
  const simulator = await startElevenLabsSimulator(simulated);
  closing.push(simulator);
  prepare(simulator);
  const voice = elevenLabsTextToSpeech({
    apiKey: 'el-secret-key',
    voiceId: 'JBFqnCBsd6RMkjVDRZzb',
    baseUrl: simulator.baseUrl,
    // A machine that is busy with other tests must not fail the answer.
    firstAudioTimeoutMs: 30_000,
    audioTimeoutMs: 30_000,
    ...options,
  });
  closing.push(voice);
  const usage: TtsUsage[] = [];
  const waiting: { readonly type: TtsEvent['type']; readonly resolve: () => void }[] = [];
  const seen = new Set<TtsEvent['type']>();
  const stream = voice.open({
    format: { encoding: 'mulaw', sampleRateHz: 8000 },
    signal: new AbortController().signal,
    onEvent: ({ type }) => {
      seen.add(type);
      for (const each of waiting) if (each.type === type) each.resolve();
    },
    onUsage: (used) => usage.push(used),
  });
  for (const text of texts) stream.write(text);
  const next = (type: TtsEvent['type']): Promise<void> =>
    seen.has(type) ? Promise.resolve() : new Promise((resolve) => waiting.push({ type, resolve }));
  return { stream, usage, next, simulator, voice };
}

const texts = ['Good morning to you.', 'It is nine.', '…'];
const characters = texts[0]!.length + texts[1]!.length;

describe.each(['websocket', 'http'] as const)('the usage of ElevenLabs by %s', (connection) => {
  it('is what was sent and what came, told before the end', async () => {
    const { stream, usage, next, simulator } = await speak(texts, { connection });
    stream.end();
    await next('done');
    const billed = simulator.billed.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(usage).toEqual([
      {
        kind: 'tts',
        provider: 'elevenlabs',
        model: 'eleven_flash_v2_5',
        characters,
        seconds: expect.any(Number),
      },
    ]);
    expect(usage[0]!.seconds).toBeCloseTo(billed, 5);
    expect(simulator.billed.reduce((sum, each) => sum + each.characters, 0)).toBe(characters);
    expect(simulator.attempts).toBe(connection === 'http' ? 2 : 1);
    stream.close();
    expect(usage).toHaveLength(1);
  });

  it('is told when the answer is cut', async () => {
    const { stream, usage, next, simulator } = await speak([texts[0]!], { connection });
    await next('audio');
    stream.close();
    expect(usage).toMatchObject([{ characters: texts[0]!.length }]);
    expect(usage[0]!.seconds).toBeGreaterThan(0);
    expect(usage[0]!.seconds).toBeLessThanOrEqual(simulator.billed[0]!.seconds);
  });

  it('is told when the answer fails, and is nothing where it was refused', async () => {
    const failed = await speak([texts[0]!], { connection }, {}, (simulator) =>
      simulator.failNext({ fault: 'drop', afterPieces: 2 }),
    );
    await failed.next('error');
    expect(failed.usage).toMatchObject([{ characters: texts[0]!.length }]);
    expect(failed.usage[0]!.seconds).toBeCloseTo(failed.simulator.billed[0]!.seconds, 5);
    const refused = await speak([texts[0]!], { connection }, {}, (simulator) =>
      simulator.failNext({ fault: 'refuse', status: 503 }),
    );
    await refused.next('error');
    expect(refused.usage).toEqual([]);
    expect(refused.simulator.billed).toEqual([]);
  });

  it('may be changed by all that ElevenLabs offers', async () => {
    const { stream, next, simulator } = await speak([texts[0]!], {
      connection,
      seed: 7,
      applyTextNormalization: 'on',
      pronunciationDictionaries: [{ id: 'names', versionId: 'v2' }],
      extra: { enable_logging: false },
    });
    stream.end();
    await next('done');
    const dictionaries = [{ pronunciation_dictionary_id: 'names', version_id: 'v2' }];
    if (connection === 'http')
      expect(simulator.requests).toMatchObject([
        {
          seed: 7,
          apply_text_normalization: 'on',
          enable_logging: false,
          pronunciation_dictionary_locators: dictionaries,
        },
      ]);
    else {
      expect(simulator.requests).toMatchObject([
        { seed: '7', apply_text_normalization: 'on', enable_logging: 'false' },
      ]);
      expect(simulator.openings).toMatchObject([{ pronunciation_dictionary_locators: dictionaries }]);
    }
    expect(simulator.problems).toEqual([]);
  });
});
