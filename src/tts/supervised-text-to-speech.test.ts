import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AudioFormat } from '../audio/audio-frame.js';
import { decodeMulaw } from '../audio/g711.js';
import { ConfigError, ProviderError, type ProviderErrorCategory } from '../errors.js';
import type { ProviderIncident } from '../events/provider-incident.js';
import type { Supervision } from '../supervisor/supervision.js';
import {
  ScriptedTextToSpeech,
  soundOf,
  type ScriptedVoiceOptions,
  type SpeechScript,
} from '../testing/scripted-text-to-speech.js';
import { describeTextToSpeech } from '../testing/tts-contract.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { supervisedTextToSpeech, type SupervisedTextToSpeech } from './supervised-text-to-speech.js';
import type { TextToSpeechStream, TtsEvent } from './text-to-speech.js';

/** One sample is one millisecond. */
const format: AudioFormat = { encoding: 'linear16', sampleRateHz: 1000 };
const texts = ['w0 w1, w2.', 'w3 w4 w5?', 'w6.'];

class Answer {
  readonly events: TtsEvent[] = [];
  readonly incidents: ProviderIncident[] = [];
  readonly abort = new AbortController();
  readonly stream: TextToSpeechStream;
  readonly #clock: VirtualClock;

  constructor(voice: SupervisedTextToSpeech, clock: VirtualClock, asked = format) {
    this.#clock = clock;
    this.stream = voice.open({
      format: asked,
      signal: this.abort.signal,
      onEvent: (event) => this.events.push(event),
      onIncident: (incident) => this.incidents.push(incident),
    });
  }

  /** Writes it all and lets time pass until the end, good or bad. */
  async speak(chunks: readonly string[] = texts): Promise<this> {
    for (const text of chunks) this.stream.write(text);
    this.stream.end();
    while (!this.isOver) await this.pass(10);
    return this;
  }

  /** Lets time pass, and everything happen that it brings. */
  async pass(ms: number): Promise<void> {
    await nextTurn();
    for (let passedMs = 0; passedMs < ms; passedMs += 10) {
      this.#clock.advance(Math.min(10, ms - passedMs));
      await nextTurn();
    }
  }

  get isOver(): boolean {
    const last = this.events.at(-1)?.type;
    return last === 'done' || last === 'error';
  }

  /** The sounds that were heard, in order: which, and how long in samples. */
  get heard(): readonly (readonly [sound: number, samples: number])[] {
    const heard: [number, number][] = [];
    for (const { frame } of this.of('audio')) {
      for (const sample of frame.samples) {
        const last = heard.at(-1);
        if (sample < 0) heard.push([-sample, 1]);
        else if (sample > 0 && last) last[1]++;
      }
    }
    return heard;
  }

  get told(): readonly string[] {
    return this.incidents.map((incident) => {
      switch (incident.type) {
        case 'error':
          return `${incident.error.provider} ${incident.error.category}`;
        case 'reconnect':
          return `${incident.provider} again ${incident.attempt}`;
        case 'failover':
          return `${incident.from} to ${incident.to}`;
        case 'recovered':
          return `${incident.provider} recovered`;
        case 'warning':
          return incident.code;
      }
    });
  }

  of<T extends TtsEvent['type']>(type: T): readonly Extract<TtsEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TtsEvent, { type: T }> => event.type === type);
  }
}

interface Case {
  readonly clock: VirtualClock;
  readonly voice: SupervisedTextToSpeech;
  readonly members: readonly ScriptedTextToSpeech[];
  readonly answer: (asked?: AudioFormat) => Answer;
}

function voices(
  scripts: Readonly<Record<string, readonly SpeechScript[]>>,
  supervision: Partial<Supervision> = {},
  { slaMs, ...options }: Partial<ScriptedVoiceOptions> & { readonly slaMs?: number } = {},
): Case {
  const clock = new VirtualClock();
  const members = Object.entries(scripts).map(
    ([name, script]) => new ScriptedTextToSpeech({ name, clock, scripts: script, ...options }),
  );
  const voice = supervisedTextToSpeech({
    members: members.map((provider, index) => ({ provider, ...(index === 0 && { slaMs }) })),
    clock,
    supervision,
    random: () => 0.5,
  });
  return { clock, voice, members, answer: (asked) => new Answer(voice, clock, asked) };
}

/** Every word once, as long as it is. */
function wholeWords(chunks: readonly string[], msPerCharacter = 10): readonly (readonly [number, number])[] {
  return chunks.flatMap((text) =>
    [...text.matchAll(/\S+/g)].map(([word]) => [soundOf(word), word.length * msPerCharacter] as const),
  );
}

describeTextToSpeech('A supervised voice', {
  create: () => voices({ one: [{ words: 'behind' }] }, {}, { msPerCharacter: 60 }).voice,
});

describe('a supervised voice whose member does well', () => {
  it('passes its events on as they are and says nothing', async () => {
    const { answer, members, clock } = voices({ one: [{ words: 'before' }], two: [] });
    const { events, heard, told } = await answer().speak();
    expect(heard).toEqual(wholeWords(texts));
    expect(told).toEqual([]);
    expect(events.at(-1)).toEqual({ type: 'done' });
    expect(members.map(({ streams }) => streams.length)).toEqual([1, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not blame it for a text that takes its time', async () => {
    const { answer, members } = voices({ one: [] });
    const slow = answer();
    slow.stream.write('w0 w1');
    await slow.pass(60_000);
    await slow.speak(['w2']);
    expect(slow.told).toEqual([]);
    expect(members[0]?.streams).toHaveLength(1);
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

describe('a supervised voice that fails', () => {
  it('asks again, and goes on from the word that was cut', async () => {
    const { answer, members } = voices({ one: [{ samples: 140, words: 'before' }, {}] });
    const { heard, told } = await answer().speak();
    expect(members[0]?.streams[1]?.texts).toEqual(['w4 w5?', 'w6.']);
    expect(heard).toEqual([
      ...wholeWords(['w0 w1, w2. w3']),
      [soundOf('w4'), 10],
      ...wholeWords(['w4 w5? w6.']),
    ]);
    expect(told).toEqual(['one connection', 'one again 1', 'one recovered']);
  });

  it('has the next one go on, with chunks and times as if nothing had happened', async () => {
    const { answer, members } = voices({
      one: [{ samples: 135, then: 'hangs', words: 'at failure' }],
      two: [{ words: 'behind' }],
    });
    const spoken = await answer().speak();
    expect(members[1]?.streams[0]?.texts).toEqual(['w4 w5?', 'w6.']);
    expect(spoken.told).toEqual(['one timeout', 'one to two', 'two recovered']);
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
    const { answer, members } = voices({ one: [{ samples: 100, words: 'before' }, {}] });
    const { heard } = await answer().speak();
    expect(members[0]?.streams[1]?.texts).toEqual(['w3 w4 w5?', 'w6.']);
    expect(heard).toEqual(wholeWords(texts));
  });

  it('is not asked again where everything was said but for the end', async () => {
    const { answer, members } = voices({ one: [{ samples: 220, words: 'before' }] });
    const spoken = await answer().speak();
    expect(spoken.events.at(-1)).toEqual({ type: 'done' });
    expect(spoken.of('chunk_done').map(({ chunk }) => chunk)).toEqual([0, 1, 2]);
    expect(spoken.told).toEqual(['one connection']);
    expect(members[0]?.streams).toHaveLength(1);
  });

  it('takes the texts that come while it waits to ask again', async () => {
    const { answer, members } = voices({ one: [{ samples: 0 }, {}] }, { retryDelayMs: 500 });
    const spoken = answer();
    spoken.stream.write('w0 w1');
    await spoken.pass(100);
    await spoken.speak(['w2', 'w3']);
    expect(members[0]?.streams[1]?.texts).toEqual(['w0 w1', 'w2', 'w3']);
    expect(spoken.heard).toEqual(wholeWords(['w0 w1 w2 w3']));
  });

  it('gives up on one that says nothing, and closes it', async () => {
    const { answer, members, clock } = voices(
      { one: [{ firstAudioMs: 1e9 }], two: [] },
      { firstResultTimeoutMs: 1500 },
    );
    const spoken = answer();
    spoken.stream.write('w0');
    await spoken.pass(1490);
    expect(spoken.told).toEqual([]);
    await spoken.pass(10);
    expect(spoken.told).toEqual(['one timeout', 'one to two', 'two recovered']);
    await spoken.speak(['w1']);
    expect(members[0]?.openStreams).toBe(0);
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
      const { answer, members } = voices({ one: [{ samples: 0, category }], two: [] });
      const { heard, told } = await answer().speak();
      expect(heard).toEqual(wholeWords(texts));
      expect(told).toEqual([`one ${category}`, 'one to two', 'two recovered']);
      expect(members[0]?.streams).toHaveLength(1);
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
    expect(hurried.members.map(({ streams }) => streams.length)).toEqual([1, 1]);
  });

  it('fails for good, with the last error, where nobody is left', async () => {
    const { answer, members, clock } = voices({
      one: [{ samples: 30, category: 'internal' }],
      two: [{ samples: 30, category: 'auth' }],
    });
    const spoken = await answer().speak();
    expect(spoken.events.at(-1)).toMatchObject({
      type: 'error',
      error: { provider: 'two', category: 'auth' },
    });
    expect(spoken.told).toEqual(['one internal', 'one to two', 'two recovered']);
    expect(members.map(({ openStreams }) => openStreams)).toEqual([0, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is told apart by what it throws', async () => {
    const { clock, members } = voices({ one: [] });
    const broken = {
      name: 'broken',
      produces: members[0]!.produces,
      open: () => {
        throw new Error('No device.');
      },
    };
    const voice = supervisedTextToSpeech({
      members: [{ provider: broken }, { provider: members[0]! }],
      clock,
    });
    const { heard, told } = await new Answer(voice, clock).speak();
    expect(heard).toEqual(wholeWords(texts));
    expect(told).toEqual(['broken internal', 'broken to one', 'one recovered']);
  });
});

describe('a supervised voice that is left', () => {
  it.each<[string, SpeechScript]>([
    ['before its first audio', { firstAudioMs: 1e9 }],
    ['in the middle', { samples: 50, then: 'hangs' }],
    ['while it waits to ask again', { samples: 50, category: 'rate_limit', retryAfterMs: 3000 }],
  ])('says and holds nothing afterwards: %s', async (_, script) => {
    for (const leave of ['close', 'abort'] as const) {
      const { answer, members } = voices({ one: [script], two: [] });
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
      expect(members.map(({ openStreams }) => openStreams)).toEqual([0, 0]);
      expect(members[1]?.streams).toHaveLength(0);
    }
  });
});

describe('a supervised voice from answer to answer', () => {
  it('changes over when a voice was too slow several times in a row', async () => {
    const { answer, members } = voices(
      { one: [{ firstAudioMs: 400 }], two: [] },
      { slaBreaches: 2 },
      { slaMs: 300 },
    );
    expect((await answer().speak()).told).toEqual([]);
    expect((await answer().speak()).told).toEqual(['one to two']);
    expect((await answer().speak()).told).toEqual([]);
    expect(members.map(({ streams }) => streams.length)).toEqual([2, 1]);
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
      members: formats.map((produces, index) => ({
        provider: new ScriptedTextToSpeech({ name: `v${index}`, clock, ...(produces && { produces }) }),
      })),
      clock,
    });
  };

  it('are those that every member can give', () => {
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

describe('the members of a supervised voice', () => {
  it('are warmed, probed and closed together', async () => {
    const { voice, members } = voices({ one: [], two: [] });
    await voice.warmUp({ encoding: 'mulaw', sampleRateHz: 8000 });
    await voice.probe(new AbortController().signal);
    await voice.close();
    expect(members.map(({ warmUps, closed }) => [warmUps, closed])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('may fail to warm up as long as one does not, and are not asked then', async () => {
    const { voice, members, answer } = voices({ one: [], two: [] });
    members[0]!.warmUpFails = new ProviderError('No.', { kind: 'tts', provider: 'one', category: 'auth' });
    await voice.warmUp();
    await answer().speak();
    expect(members.map(({ streams }) => streams.length)).toEqual([0, 1]);
    members[1]!.warmUpFails = new Error('No model.');
    await expect(voice.warmUp()).rejects.toMatchObject({ category: 'auth' });
  });
});

describe('what is heard of a supervised voice, whenever its members fail', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  const chunks = lengths.map((counts) => {
    let word = 0;
    return counts.map((count) => Array.from({ length: count }, () => `w${word++}`).join(' '));
  });
  const failures = fc.array(
    fc.record({
      samples: fc.nat(1500),
      then: fc.constantFrom('fails' as const, 'hangs' as const),
      words: fc.constantFrom('before' as const, 'at failure' as const),
    }),
    { maxLength: 4 },
  );

  it('is every word in order; none is lost, and at most those are doubled that were cut', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, failures, async (said, scripts) => {
        await check(said, scripts, 10);
      }),
    );
  });

  it('is the same without word times, if the voice has the usual pace', async () => {
    const untimed = failures.map((scripts) =>
      scripts.map((script) => ({ ...script, words: 'never' as const })),
    );
    await fc.assert(
      fc.asyncProperty(chunks, untimed, async (said, scripts) => {
        await check(said, scripts, 66);
      }),
    );
  });

  async function check(
    said: readonly string[],
    scripts: readonly SpeechScript[],
    msPerCharacter: number,
  ): Promise<void> {
    const { answer, clock } = voices(
      { one: [...scripts, { words: 'behind' }], two: [{ words: 'behind' }] },
      { attempts: 10 },
      { msPerCharacter },
    );
    const spoken = await answer().speak(said);
    expect(spoken.events.at(-1)).toEqual({ type: 'done' });
    expect(spoken.of('chunk_done').map(({ chunk }) => chunk)).toEqual(said.map((_, index) => index));
    const whole = wholeWords(said, msPerCharacter);
    const { heard } = spoken;
    const cut = heard.filter(
      ([sound, samples]) => samples < (whole.find(([other]) => other === sound)?.[1] ?? 0),
    );
    expect(heard.filter((word) => !cut.includes(word))).toEqual(whole);
    expect(cut.length).toBeLessThanOrEqual(scripts.length);
    const sounds = heard.map(([sound]) => sound);
    expect(sounds).toEqual([...sounds].sort((a, b) => a - b));
    const audioMs = spoken.of('audio').reduce((sum, { frame }) => sum + frame.samples.length, 0);
    for (const [index, text] of said.entries()) {
      const words = spoken.of('alignment').findLast(({ chunk }) => chunk === index)?.words;
      if (!words) continue;
      expect(words.map((word) => word.text)).toEqual(text.split(' '));
      expect(words.at(-1)?.endMs).toBeLessThanOrEqual(audioMs + 1);
      const starts = words.map(({ startMs }) => startMs);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
    }
    expect(clock.pendingTimers).toBe(0);
  }
});
