import { describe, expect, it } from '@jest/globals';
import { soundOf, type SpeechScript } from '../../../test/harness/scripted-text-to-speech.js';
import { Answer, texts, voices, wholeWords } from '../../../test/harness/supervised-voice.js';
import type { ProviderErrorCategory } from '../../core/errors.js';
import { supervisedTextToSpeech } from './supervised-text-to-speech.js';

describe('a supervised voice that fails', () => {
  it('asks again, and goes on from the word that was cut', async () => {
    const { answer, candidates } = voices({ one: [{ samples: 140, words: 'before' }, {}] });
    const { heard, told } = await answer().speak();
    expect(candidates[0]?.streams[1]?.texts).toEqual(['w4 w5?', 'w6.']);
    expect(heard).toEqual([
      ...wholeWords(['w0 w1, w2. w3']),
      [soundOf('w4'), 10],
      ...wholeWords(['w4 w5? w6.']),
    ]);
    expect(told).toEqual(['one connection', 'one again 1', 'one recovered']);
  });

  it('has the next one go on, with chunks and times as if nothing had happened', async () => {
    const { answer, candidates } = voices({
      one: [{ samples: 135, then: 'hangs', words: 'at failure' }],
      two: [{ words: 'behind' }],
    });
    const spoken = await answer().speak();
    expect(candidates[1]?.streams[0]?.texts).toEqual(['w4 w5?', 'w6.']);
    expect(spoken.told).toEqual(['one timeout', 'one to two']);
    expect(spoken.of('chunk_done').map(({ chunk }) => chunk)).toEqual([0, 1, 2]);
    expect(spoken.of('alignment').findLast(({ chunk }) => chunk === 1)?.words).toEqual([
      { text: 'w3', startMs: 100, endMs: 120 },
      { text: 'w4', startMs: 135, endMs: 155 },
      { text: 'w5?', startMs: 165, endMs: 195 },
    ]);
    expect(spoken.of('alignment').at(-1)).toMatchObject({
      chunk: 2,
      words: [{ text: 'w6.', startMs: 195, endMs: 225 }],
    });
  });

  it('is asked for nothing twice that was said completely', async () => {
    const { answer, candidates } = voices({ one: [{ samples: 100, words: 'before' }, {}] });
    const { heard } = await answer().speak();
    expect(candidates[0]?.streams[1]?.texts).toEqual(['w3 w4 w5?', 'w6.']);
    expect(heard).toEqual(wholeWords(texts));
  });

  it('is not asked again where everything was said but for the end', async () => {
    const { answer, candidates } = voices({ one: [{ samples: 220, words: 'before' }] });
    const spoken = await answer().speak();
    expect(spoken.events.at(-1)).toEqual({ type: 'done' });
    expect(spoken.of('chunk_done').map(({ chunk }) => chunk)).toEqual([0, 1, 2]);
    expect(spoken.told).toEqual(['one connection']);
    expect(candidates[0]?.streams).toHaveLength(1);
  });

  it('takes the texts that come while it waits to ask again', async () => {
    const { answer, candidates } = voices({ one: [{ samples: 0 }, {}] }, { retryDelayMs: 500 });
    const spoken = answer();
    spoken.stream.write('w0 w1');
    await spoken.pass(100);
    await spoken.speak(['w2', 'w3']);
    expect(candidates[0]?.streams[1]?.texts).toEqual(['w0 w1', 'w2', 'w3']);
    expect(spoken.heard).toEqual(wholeWords(['w0 w1 w2 w3']));
  });

  it('gives up on one that says nothing, and closes it', async () => {
    const { answer, candidates, clock } = voices(
      { one: [{ firstAudioMs: 1e9 }], two: [] },
      { firstResultTimeoutMs: 1500 },
    );
    const spoken = answer();
    spoken.stream.write('w0');
    await spoken.pass(1490);
    expect(spoken.told).toEqual([]);
    await spoken.pass(10);
    expect(spoken.told).toEqual(['one timeout', 'one to two']);
    await spoken.speak(['w1']);
    expect(candidates[0]?.openStreams).toBe(0);
    // That of the scripted voice, which heeds nothing.
    expect(clock.pendingTimers).toBe(1);
  });

  it('gives up on one that ends too early', async () => {
    const { answer } = voices({ one: [{ samples: 100, then: 'is done', words: 'before' }], two: [] });
    const spoken = answer();
    spoken.stream.write(texts[0]!);
    spoken.stream.write(texts[1]!);
    await spoken.pass(200);
    expect(spoken.told).toEqual(['one server', 'one again 1', 'one recovered']);
  });

  it.each<ProviderErrorCategory>(['auth', 'bad_request', 'internal'])(
    'is not asked again after %s',
    async (category) => {
      const { answer, candidates } = voices({ one: [{ samples: 0, category }], two: [] });
      const { heard, told } = await answer().speak();
      expect(heard).toEqual(wholeWords(texts));
      expect(told).toEqual([`one ${category}`, 'one to two']);
      expect(candidates[0]?.streams).toHaveLength(1);
    },
  );

  it('is waited for as long as it asks, if the budget allows it, else passed over', async () => {
    const patient = voices({
      one: [{ samples: 0, category: 'rate_limit', retryAfterMs: 2000 }, {}],
      two: [],
    });
    await patient.answer().speak();
    expect(patient.clock.nowMs()).toBe(2000);
    const asksTooMuch = { samples: 0, category: 'rate_limit', retryAfterMs: 60_000 } as const;
    const hurried = voices({ one: [asksTooMuch], two: [] });
    await hurried.answer().speak();
    expect(hurried.candidates.map(({ streams }) => streams.length)).toEqual([1, 1]);
  });

  it('fails for good, with the last error, where no candidate is left', async () => {
    const { answer, candidates, clock } = voices({
      one: [{ samples: 30, category: 'internal' }],
      two: [{ samples: 30, category: 'auth' }],
    });
    const spoken = await answer().speak();
    expect(spoken.events.at(-1)).toMatchObject({
      type: 'error',
      error: { provider: 'two', category: 'auth' },
    });
    expect(spoken.told).toEqual(['one internal', 'one to two']);
    expect(candidates.map(({ openStreams }) => openStreams)).toEqual([0, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is told apart by what it throws', async () => {
    const { clock, candidates } = voices({ one: [] });
    const broken = {
      name: 'broken',
      produces: candidates[0]!.produces,
      open: () => {
        throw new Error('No device.');
      },
    };
    const voice = supervisedTextToSpeech({
      candidates: [{ provider: broken }, { provider: candidates[0]! }],
      clock,
    });
    const { heard, told } = await new Answer(voice, clock).speak();
    expect(heard).toEqual(wholeWords(texts));
    expect(told).toEqual(['broken internal', 'broken to one']);
  });
});

describe('a supervised voice that is left', () => {
  it.each<[string, SpeechScript]>([
    ['before its first audio', { firstAudioMs: 1e9 }],
    ['in the middle', { samples: 50, then: 'hangs' }],
    ['while it waits to ask again', { samples: 50, category: 'rate_limit', retryAfterMs: 3000 }],
  ])('says and holds nothing afterwards: %s', async (_, script) => {
    for (const leave of ['close', 'abort'] as const) {
      const { answer, candidates } = voices({ one: [script], two: [] });
      const spoken = answer();
      for (const text of texts) spoken.stream.write(text);
      await spoken.pass(300);
      const told = spoken.told.length;
      const came = spoken.events.length;
      if (leave === 'close') spoken.stream.close();
      else spoken.abort.abort();
      spoken.stream.write('w9');
      spoken.stream.end();
      await spoken.pass(30_000);
      expect([spoken.told.length, spoken.events.length]).toEqual([told, came]);
      expect(candidates.map(({ openStreams }) => openStreams)).toEqual([0, 0]);
      expect(candidates[1]?.streams).toHaveLength(0);
    }
  });
});
