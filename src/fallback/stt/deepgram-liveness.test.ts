import { afterEach, describe, expect, it } from '@jest/globals';
import { deepgramMannersChoices, type DeepgramManners } from '../../simulators/deepgram/deepgram-manners.js';
import { SupervisedCall, type SupervisedCallOptions } from '../../../test/harness/supervised-call.js';
import { drawn, isThorough } from '../../../test/harness/thorough.js';
import { toneRecogniser } from '../../../test/harness/tone-recogniser.js';

const nova = 'nova-3';
const flux = 'flux-general-en';
const models = [nova, flux];
/** Deepgram closes after ten seconds without messages. */
const longMs = isThorough ? 60_000 : 15_000;
const minutes = isThorough ? 5 : 1;

const calls: SupervisedCall[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) {
    await call.end();
    expect(call.clock.pendingTimers).toBe(0);
    expect(call.simulator.problems).toEqual([]);
  }
});
const place = async (options: SupervisedCallOptions, silentMs = 400): Promise<SupervisedCall> => {
  const call = await SupervisedCall.place(options, silentMs);
  calls.push(call);
  return call;
};
const placeWith = (model: string, manners: DeepgramManners, silentMs?: number): Promise<SupervisedCall> =>
  place({ model, simulator: { manners } }, silentMs);

/** The supervisor had nothing to do. */
const nothingHappened = (call: SupervisedCall): void => {
  expect(call.incidents).toEqual([]);
  expect(call.simulator.attempts).toBe(1);
};
const answeredAfterMs = async (call: SupervisedCall, ...words: readonly string[]): Promise<number> => {
  await call.say(...words);
  const flushedMs = call.clock.nowMs();
  await call.saySilence(1300);
  const answer = call.events.find(({ type, atMs }) => type === 'final' && atMs > flushedMs);
  return (answer?.atMs ?? Infinity) - flushedMs;
};

const cadences = models.flatMap((model) =>
  deepgramMannersChoices.cadence.map((cadence) => ({ model, cadence })),
);

describe.each(cadences)('$model with the cadence "$cadence"', ({ model, cadence }) => {
  it('answers the first utterance of a call without a reconnect', async () => {
    const call = await placeWith(model, { cadence }, 20);
    expect(await answeredAfterMs(call, 'one', 'two', 'three')).toBeLessThanOrEqual(120);
    expect(call.answers).toEqual(['one two three']);
    nothingHappened(call);
  });

  it('may be silent for long, and then answers as fast as before', async () => {
    const call = await placeWith(model, { cadence });
    await call.saySilence(longMs);
    expect(await answeredAfterMs(call, 'one', 'two')).toBeLessThanOrEqual(120);
    expect(call.answers).toEqual(['one two']);
    nothingHappened(call);
  });

  it('hears eight seconds of speech to the end', async () => {
    const call = await placeWith(model, { cadence });
    const words = Array.from({ length: 27 }, (_, index) => (index % 2 === 0 ? 'one' : 'two'));
    await call.say(...words);
    await call.saySilence(1300);
    expect(call.words).toBe(words.join(' '));
    nothingHappened(call);
  });

  it('may hear noise', async () => {
    const call = await placeWith(model, { cadence });
    for (let time = 0; time < 4; time++) {
      await call.noise(300);
      await call.saySilence(1500);
    }
    expect(call.words).toBe('');
    expect(call.answers).toEqual(Array(4).fill(''));
    nothingHappened(call);
  });
});

it.each(models)(
  'a call of minutes with %s, which sends nothing during silence, sees no reconnect',
  async (model) => {
    const call = await placeWith(model, { cadence: 'quiet', finalize: 'none_without_words' }, 20);
    for (let minute = 0; minute < minutes; minute++) {
      await call.say('one', 'two', 'three');
      await call.saySilence(29_000);
      await call.noise(320);
      await call.saySilence(29_000);
    }
    expect(call.words).toBe(Array(minutes).fill('one two three').join(' '));
    nothingHappened(call);
  },
  120_000,
);

/** Each choice of each manner alone. */
const shapes = models.flatMap((model) =>
  Object.entries(deepgramMannersChoices).flatMap(([name, choices]) =>
    choices.map((choice): [string, DeepgramManners] => [model, { [name]: choice }]),
  ),
);

describe('two utterances', () => {
  it.each(shapes.filter(([, { forceEndTurn }]) => forceEndTurn !== 'disabled'))(
    'are heard by %s with the manners %j',
    async (model, manners) => {
      const call = await placeWith(model, manners);
      expect(await answeredAfterMs(call, 'one', 'two')).toBeLessThanOrEqual(120);
      expect(await answeredAfterMs(call, 'three', 'four')).toBeLessThanOrEqual(120);
      expect(call.answers).toEqual(['one two', 'one two three four']);
      expect(call.words).toBe('one two three four');
      nothingHappened(call);
    },
  );

  it.each(models.flatMap((model) => drawn([...Array(10).keys()], 4).map((seed) => [model, seed] as const)))(
    'are heard by %s with random manners, seed %i, and across a drop after which they change',
    async (model, seed) => {
      const faults = [{ type: 'drop', afterAudioMs: 900 }] as const;
      const call = await place({ model, simulator: { manners: 'random', seed, faults } });
      await call.say('one', 'two', 'three');
      await call.saySilence(2000);
      await call.say('four', 'five');
      await call.saySilence(2000);
      expect(call.words).toBe('one two three four five');
      expect(call.events.filter(({ type }) => type === 'error')).toEqual([]);
    },
  );
});

describe('Flux on a server without ForceEndTurn', () => {
  it('receives it once, and loses no word', async () => {
    const call = await placeWith(flux, { forceEndTurn: 'disabled' });
    for (const words of [
      ['one', 'two'],
      ['three', 'four'],
      ['five', 'six'],
    ]) {
      await call.say(...words);
      await call.saySilence(1500);
    }
    expect(call.words).toBe('one two three four five six');
    expect(call.answers).toHaveLength(3);
    expect(call.story).toEqual(['error server', 'reconnect deepgram 1', 'recovered deepgram']);
    const asked = call.simulator.connections.map(({ controls }) => controls.includes('ForceEndTurn'));
    expect(asked).toEqual([true, false]);
  });

  it('does not receive it from later calls of the same provider', async () => {
    const call = await placeWith(flux, { forceEndTurn: 'disabled' });
    await call.say('one');
    await call.saySilence(1500);
    const other = call.stt.open({
      format: { encoding: 'mulaw', sampleRateHz: 8000 },
      signal: new AbortController().signal,
      onEvent: () => undefined,
    });
    other.write({ samples: new Int16Array(160), sampleRateHz: 8000 });
    await call.pass(100);
    other.flush();
    await call.saySilence(1500);
    expect(call.simulator.connections).toHaveLength(3);
    expect(call.simulator.connections[2]).toMatchObject({ controls: [], isOpen: true });
    void other.close();
    await call.pass(100);
  });
});

describe.each(models)('a dead %s', (model) => {
  it('is noticed during silence because it answers no pings', async () => {
    const faults = [{ type: 'no_pong' }] as const;
    const manners = { cadence: 'quiet' } as const;
    const call = await place({ model, simulator: { faults, manners } });
    await call.saySilence(13_000);
    expect(call.story).toEqual(['error timeout', 'reconnect deepgram 1', 'recovered deepgram']);
    await call.say('one', 'two');
    await call.saySilence(500);
    expect(call.answers).toEqual(['one two']);
    expect(call.simulator.attempts).toBe(2);
  });

  it.each(deepgramMannersChoices.cadence)(
    'is noticed within a second when the caller speaks, with the cadence "%s"',
    async (cadence) => {
      const faults = [{ type: 'stall', afterAudioMs: 500 }] as const;
      const call = await place({ model, simulator: { faults, manners: { cadence } } });
      await call.saySilence(400);
      await call.say('one', 'two', 'three');
      await call.saySilence(1500);
      expect(call.answers).toEqual(['one two three']);
      expect(call.story).toEqual(['error timeout', 'reconnect deepgram 1', 'recovered deepgram']);
    },
  );

  it.each(drawn([20, 800, 1100, 1400], 2))(
    'that answers pings is noticed by an unanswered flush if it hangs after %i ms of audio',
    async (afterAudioMs) => {
      const faults = [{ type: 'hang', afterAudioMs }] as const;
      const call = await place({ model, simulator: { faults, manners: { cadence: 'quiet' } } });
      await call.say('one', 'two', 'three', 'four');
      await call.saySilence(2000);
      expect(call.answers).toEqual(['one two three four']);
      expect(call.story).toEqual(['error timeout', 'reconnect deepgram 1', 'recovered deepgram']);
    },
  );

  it('that stays dead is replaced by the next recogniser', async () => {
    const faults = Array.from({ length: 9 }, () => ({ type: 'hang', afterAudioMs: 20 }) as const);
    const others = [{ provider: toneRecogniser() }];
    const call = await place({ model, others, simulator: { faults, manners: { cadence: 'quiet' } } });
    await call.say('one', 'two', 'three', 'four');
    await call.saySilence(5000);
    expect(call.answers).toEqual(['one two three four']);
    expect(call.story.at(-1)).toBe('failover deepgram tones');
  });
});
