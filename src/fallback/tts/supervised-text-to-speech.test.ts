import { describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import {
  ScriptedTextToSpeech,
  type ScriptedVoiceOptions,
} from '../../../test/harness/scripted-text-to-speech.js';
import { texts, voices, wholeWords } from '../../../test/harness/supervised-voice.js';
import { decodeMulaw } from '../../audio/g711.js';
import { ConfigError } from '../../core/errors.js';
import { textToSpeechContract } from '../../simulators/contracts/text-to-speech-contract.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { supervisedTextToSpeech, type SupervisedTextToSpeech } from './supervised-text-to-speech.js';

describeContract(
  'A supervised voice as a TextToSpeech',
  textToSpeechContract({
    create: () => voices({ one: [{ words: 'behind' }] }, {}, { msPerCharacter: 60 }).voice,
  }),
);

describe('a supervised voice whose candidate does well', () => {
  it('passes its events on as they are and says nothing', async () => {
    const { answer, candidates, clock } = voices({ one: [{ words: 'before' }], two: [] });
    const { events, heard, told } = await answer().speak();
    expect(heard).toEqual(wholeWords(texts));
    expect(told).toEqual([]);
    expect(events.at(-1)).toEqual({ type: 'done' });
    expect(candidates.map(({ streams }) => streams.length)).toEqual([1, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not blame it for a text that takes its time', async () => {
    const { answer, candidates } = voices({ one: [] });
    const slow = answer();
    slow.stream.write('w0 w1');
    await slow.pass(60_000);
    await slow.speak(['w2']);
    expect(slow.told).toEqual([]);
    expect(candidates[0]?.streams).toHaveLength(1);
  });

  it('has nothing to wait for in a text without words', async () => {
    const { answer } = voices({ one: [{ firstAudioMs: 1e9 }] });
    const silent = answer();
    silent.stream.write('...');
    await silent.pass(60_000);
    expect(silent.events).toEqual([]);
    expect(silent.told).toEqual([]);
  });
});

describe('a supervised voice from answer to answer', () => {
  it('changes over when a voice was too slow several times in a row', async () => {
    const { answer, candidates } = voices(
      { one: [{ firstAudioMs: 400 }], two: [] },
      { slaBreaches: 2 },
      { slaMs: 300 },
    );
    expect((await answer().speak()).told).toEqual([]);
    expect((await answer().speak()).told).toEqual(['one to two']);
    expect((await answer().speak()).told).toEqual([]);
    expect(candidates.map(({ streams }) => streams.length)).toEqual([2, 1]);
  });

  it('takes a voice again that is well again, and says so', async () => {
    const { answer, clock } = voices({ one: [{ samples: 0, category: 'internal' }, {}], two: [] });
    await answer().speak();
    expect((await answer().speak()).told).toEqual([]);
    clock.advance(30_000);
    await answer().speak();
    expect((await answer().speak()).told).toEqual(['two to one']);
  });
});

describe('the formats of a supervised voice', () => {
  const wide = { encodings: ['linear16'], sampleRatesHz: [24000, 8000] } as const;
  const phone = { encodings: ['mulaw'], sampleRatesHz: [8000] } as const;
  const supervised = (...formats: readonly ScriptedVoiceOptions['produces'][]): SupervisedTextToSpeech => {
    const clock = new VirtualClock();
    return supervisedTextToSpeech({
      candidates: formats.map((produces, index) => ({
        provider: new ScriptedTextToSpeech({ name: `v${index}`, clock, ...(produces && { produces }) }),
      })),
      clock,
    });
  };

  it('are those that every candidate can give', () => {
    expect(supervised(wide).produces).toEqual(wide);
    expect(supervised(undefined, wide).produces.sampleRatesHz).toEqual([24000, 8000]);
    expect(supervised(wide, phone).produces).toEqual({
      encodings: ['linear16', 'mulaw'],
      sampleRatesHz: [8000],
    });
  });

  it('need a rate in common', () => {
    expect(() => supervised(phone, { encodings: ['linear16'], sampleRatesHz: [24000] })).toThrow(ConfigError);
    expect(() => supervised()).toThrow(TypeError);
  });

  it('include mu-law where a voice gives linear PCM at that rate', async () => {
    const { answer } = voices(
      { one: [] },
      {},
      { produces: { encodings: ['linear16'], sampleRatesHz: [8000] } },
    );
    const spoken = await answer({ encoding: 'mulaw', sampleRateHz: 8000 }).speak(['w9000 w8000']);
    const frames = spoken.of('audio').map(({ frame }) => frame);
    expect(frames.length).toBeGreaterThan(0);
    for (const { samples, encoded } of frames) {
      const decoded = decodeMulaw(encoded!.bytes);
      expect(Math.abs((decoded[0] ?? 0) - (samples[0] ?? 0))).toBeLessThan(300);
    }
  });
});

describe('the candidates of a supervised voice', () => {
  it('are warmed, probed and closed together', async () => {
    const { voice, candidates } = voices({ one: [], two: [] });
    await voice.warmUp({ encoding: 'mulaw', sampleRateHz: 8000 });
    await voice.probe(new AbortController().signal);
    await voice.close();
    expect(candidates.map(({ warmUps, closed }) => [warmUps, closed])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});
