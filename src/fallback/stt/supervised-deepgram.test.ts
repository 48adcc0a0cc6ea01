import { afterEach, describe, expect, it } from '@jest/globals';
import { SupervisedCall, type SupervisedCallOptions } from '../../../test/harness/supervised-call.js';
import { toneRecogniser } from '../../../test/harness/tone-recogniser.js';
import { drawn } from '../../../test/harness/thorough.js';
import { sayTones, toneGapMs, toneWordMs } from '../../../test/harness/tone-words.js';

const models = ['nova-3', 'flux-general-en'];
const first = ['one', 'two', 'three', 'four'];
const second = ['five', 'six', 'seven', 'eight'];
const leadMs = 400;
const pauseMs = 600;
const utteranceMs = first.length * (toneWordMs + toneGapMs) + 180;
const wholeMs = leadMs + utteranceMs + pauseMs + utteranceMs + 400;

const calls: SupervisedCall[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) {
    await call.end();
    expect(call.clock.pendingTimers).toBe(0);
    expect(call.simulator.problems).toEqual([]);
  }
});
const place = async (options: SupervisedCallOptions, silentMs = leadMs): Promise<SupervisedCall> => {
  const call = await SupervisedCall.place(options, silentMs);
  calls.push(call);
  return call;
};

/** Two utterances. */
const talk = async (call: SupervisedCall): Promise<void> => {
  await call.say(...first);
  await call.saySilence(pauseMs);
  await call.say(...second);
  await call.saySilence(1000);
};
const allSaid = (call: SupervisedCall): void => {
  expect(call.words).toBe([...first, ...second].join(' '));
  expect(call.answers).toEqual([first.join(' '), [...first, ...second].join(' ')]);
};

const every = (ms: number, fromMs = 20): number[] =>
  Array.from({ length: Math.floor((wholeMs - fromMs) / ms) }, (_, index) => ms * index + fromMs);
const oneReconnect = (category: string): string[] => [
  `error ${category}`,
  'reconnect deepgram 1',
  'recovered deepgram',
];

describe.each(models)('supervised %s', (model) => {
  it('hears every word without a failure', async () => {
    const call = await place({ model });
    await talk(call);
    allSaid(call);
    expect(call.incidents).toEqual([]);
    expect(call.simulator.connections).toHaveLength(1);
  });

  it.each(drawn(every(100), 7))(
    'loses and doubles no word when the connection drops after %i ms',
    async (afterAudioMs) => {
      const call = await place({ model, simulator: { faults: [{ type: 'drop', afterAudioMs }] } });
      await talk(call);
      allSaid(call);
      expect(call.story).toEqual(oneReconnect('connection'));
    },
  );

  it.each(drawn(every(200), 4))(
    'loses and doubles no word if flushes come right after the last word, and the drop after %i ms',
    async (afterAudioMs) => {
      const faults = [{ type: 'drop', afterAudioMs }] as const;
      const call = await place({ model, endOfSpeechMs: 0, simulator: { faults } });
      await talk(call);
      allSaid(call);
    },
  );

  it.each([60, 500, 1300].flatMap((next) => drawn(every(380), 2).map((one) => [one, next])))(
    'loses and doubles no word when the connection drops after %i ms and the next one after %i ms',
    async (afterAudioMs, next) => {
      const faults = [
        { type: 'drop', afterAudioMs },
        { type: 'drop', afterAudioMs: next },
      ] as const;
      const call = await place({ model, simulator: { faults }, supervision: { attempts: 3 } });
      await talk(call);
      allSaid(call);
      expect(call.simulator.connections).toHaveLength(3);
      expect(call.events.filter(({ type }) => type === 'error')).toEqual([]);
    },
  );

  it.each(
    drawn(
      Array.from({ length: 14 }, (_, index) => 600 + 40 * index),
      4,
    ),
  )(
    'loses and doubles no word when a final ends in mid-word, %i ms into the speech, and the connection drops then',
    async (ms) => {
      const faults = [{ type: 'drop', afterAudioMs: leadMs + ms + 160 }] as const;
      const call = await place({ model, simulator: { faults } });
      const samples = sayTones(first, 8000);
      await call.line(samples.subarray(0, 8 * ms));
      call.stream.flush();
      await call.line(samples.subarray(8 * ms));
      call.stream.flush();
      await call.saySilence(1000);
      expect(call.words).toBe(first.join(' '));
      expect(call.answers).toHaveLength(2);
      expect(call.story).toEqual(oneReconnect('connection'));
    },
  );

  it.each(drawn(every(500), 2))(
    'loses and doubles no word when Deepgram stalls after %i ms',
    async (afterAudioMs) => {
      const call = await place({ model, simulator: { faults: [{ type: 'stall', afterAudioMs }] } });
      await talk(call);
      await call.saySilence(2500);
      allSaid(call);
      expect(call.story).toEqual(oneReconnect('timeout'));
      expect(call.incidents[0]).toMatchObject({ error: { requestId: 'simulated' } });
    },
  );

  it.each([
    [{ type: 'close', afterAudioMs: 1000 }, 'timeout'],
    [{ type: 'close', afterAudioMs: 1000, code: 1011, reason: 'internal' }, 'server'],
    [{ type: 'close', afterAudioMs: 1000, code: 1000, reason: '' }, 'connection'],
    [{ type: 'half_close', afterAudioMs: 1000 }, 'connection'],
    [{ type: 'cut_final' }, 'connection'],
    [{ type: 'refuse' }, 'connection'],
    [{ type: 'status', status: 503 }, 'server'],
    [{ type: 'status', status: 429, retryAfterSec: 1 }, 'rate_limit'],
  ] as const)('loses and doubles no word with the fault %j', async (fault, category) => {
    const call = await place({ model, simulator: { faults: [fault] } });
    await talk(call);
    allSaid(call);
    expect(call.story).toEqual(oneReconnect(category));
  });

  it('ignores garbage', async () => {
    const faults = [{ type: 'garbage', afterAudioMs: 1000 }] as const;
    const call = await place({ model, simulator: { faults } });
    await talk(call);
    allSaid(call);
    expect(call.story).toEqual([]);
  });

  it('loses and doubles no word when a connection is not established in time', async () => {
    const call = await place({ model, simulator: { faults: [{ type: 'no_answer' }] } });
    await talk(call);
    await call.saySilence(2000);
    allSaid(call);
    expect(call.story).toEqual(oneReconnect('timeout'));
  });

  it('gives the final within half a second if the connection drops around the flush', async () => {
    const call = await place({ model, simulator: { faults: [{ type: 'drop', afterAudioMs: 1780 }] } });
    await call.say(...first);
    const flushedMs = call.clock.nowMs();
    await call.saySilence(600);
    expect(call.finals).toEqual([first.join(' ')]);
    const final = call.events.find(({ type }) => type === 'final');
    expect((final?.atMs ?? Infinity) - flushedMs).toBeLessThan(500);
  });

  it.each([
    ...drawn(every(200), 4).map((ms) => [ms, 8000] as const),
    ...drawn(every(500), 2).map((ms) => [ms, 16000] as const),
  ])(
    'hands over to another recogniser after %i ms, at %i Hz, without losing or doubling a word',
    async (afterAudioMs, sampleRateHz) => {
      const faults = [
        { type: 'drop', afterAudioMs },
        { type: 'status', status: 500 },
        { type: 'refuse' },
      ] as const;
      const others = [{ provider: toneRecogniser({ sampleRateHz }) }];
      const call = await place({ model, others, simulator: { faults } });
      await talk(call);
      allSaid(call);
      expect(call.story.filter((step) => step.startsWith('failover'))).toEqual(['failover deepgram tones']);
    },
  );

  it('reconnects as often as the connection drops, if it lasts for a while each time', async () => {
    const faults = Array.from({ length: 8 }, () => ({ type: 'drop', afterAudioMs: 2600 }) as const);
    const call = await place({ model, simulator: { faults } });
    for (let time = 0; time < 8; time++) {
      await call.say('one', 'two');
      await call.saySilence(1500);
    }
    expect(call.words).toBe('one two '.repeat(8).trim());
    expect(call.answers).toHaveLength(8);
  });

  it('gives up on a Deepgram that sends words and drops, over and over', async () => {
    const faults = Array.from({ length: 50 }, () => ({ type: 'drop', afterAudioMs: 420 }) as const);
    const call = await place({ model, simulator: { faults } });
    await call.say(...first);
    await call.saySilence(10_000);
    expect(call.simulator.connections.length).toBeLessThan(12);
    expect(call.events.at(-1)).toMatchObject({ type: 'error' });
  });

  it('reports a refused key without repeating the request', async () => {
    const call = await place({ model, simulator: { apiKey: 'another' } });
    expect(call.events).toMatchObject([
      { type: 'error', error: { category: 'auth', message: expect.stringMatching('DEEPGRAM_API_KEY') } },
    ]);
    await call.say(...first);
    await call.saySilence(1000);
    expect(call.simulator.attempts).toBe(1);
    expect(call.events).toHaveLength(1);
    expect(call.incidents).toEqual([]);
  });

  it('does not wait if Deepgram demands a longer delay than the budget', async () => {
    const faults = [{ type: 'status', status: 429, retryAfterSec: 60 }] as const;
    const call = await place({ model, simulator: { faults } });
    expect(call.events).toMatchObject([{ type: 'error', error: { category: 'rate_limit' } }]);
  });

  it('waits as long as Deepgram asks', async () => {
    const faults = [{ type: 'status', status: 429, retryAfterSec: 3 }] as const;
    const call = await place({ model, simulator: { faults } });
    const reconnectMs = call.incidents.find(({ type }) => type === 'reconnect')?.atMs ?? 0;
    await call.saySilence(2500);
    expect(call.simulator.attempts).toBe(1);
    await call.saySilence(600);
    expect(call.simulator.attempts).toBe(2);
    expect(call.clock.nowMs() - reconnectMs).toBeLessThan(4000);
  });
});
