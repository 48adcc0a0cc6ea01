import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { TimedWord } from '#src/audio/timed-word.js';
import type { SessionEvent } from '#src/events/session-event.js';
import type { Caller } from '#src/replay/caller.js';
import type { Session } from '#src/session/session.js';
import { SentenceSplitter } from '#src/speech-text/sentence-splitter.js';
import { earFor } from './harness/ear-for.js';
import { agent, greeting, PhoneConversations } from './harness/phone-conversations.js';
import { ofType } from './harness/session-events.js';
import { drawn } from './harness/thorough.js';

const calls = new PhoneConversations();

afterEach(() => calls.end());
afterAll(() => calls.close());

describe('a caller who talks over the agent', () => {
  it('silences it within 150 ms, and the history has the heard words', async () => {
    let session: Session | null = null;
    let clearedAtMs = 0;
    const at = await calls.start({ agent: { ...agent, greeting } }, (made) => (session = made));
    const result = await calls.say(['stop-and-cancel'], {
      behaviour: { bargeInMs: 1500 },
      onEvent: (event: SessionEvent) => {
        if (event.type === 'agent.paused') clearedAtMs = event.atMs;
      },
    });
    const [onset] = ofType(result.events, 'speech.start');
    expect(clearedAtMs - onset!.onsetMs).toBeLessThanOrEqual(150);
    const [cut] = ofType(result.events, 'agent.interrupted');
    expect(cut).toMatchObject({ turn: 0, by: 'caller', heard: 'measured' });
    expect(greeting.startsWith(cut!.heardText)).toBe(true);
    expect(session!.messages.filter(({ role }) => role === 'assistant')[0]?.content).toBe(cut!.heardText);
    expect(at.relay.sessions).toHaveLength(0);
  });

  it.each(drawn([700, 1200, 1700, 2200], 1))(
    'after %i ms leaves the heard words in the history',
    async (bargeInMs) => {
      await calls.start({ agent: { ...agent, greeting }, stt: earFor('stop-and-cancel') });
      let phone: Caller | null = null;
      let heardSamples = 0;
      const { events } = await calls.say(['stop-and-cancel'], {
        behaviour: { bargeInMs },
        onCaller: (placed: Caller) => (phone = placed),
        onEvent: (event: SessionEvent) => {
          if (event.type === 'agent.interrupted') heardSamples = phone!.playout.heardSamples;
        },
      });
      const words = await timedWords(greeting);
      const ended = words.filter(({ endMs }) => endMs <= heardSamples / 8).length;
      const inHistory = ofType(events, 'agent.interrupted')[0]!.heardText.split(' ').filter(Boolean).length;
      expect(heardSamples).toBeGreaterThan(0);
      expect(Math.abs(inHistory - ended)).toBeLessThanOrEqual(1);
    },
  );

  it.each(drawn(['uh-huh', 'um-hum'], 1))(
    'with %s only makes it pause, without a turn of its own',
    async (backchannel) => {
      await calls.start({ agent: { ...agent, greeting } });
      const { events } = await calls.say([backchannel, 'book-my-appointment'], {
        behaviour: { bargeInMs: 1500 },
      });
      expect(ofType(events, 'agent.resumed').map(({ turn }) => turn)).toContain(0);
      expect(ofType(events, 'transcript.final').map(({ turn, text }) => ({ turn, text }))).toEqual([
        { turn: 1, text: 'book my appointment' },
      ]);
    },
  );

  it('is not paused by a cough, for no voice is heard in it', async () => {
    await calls.start({ agent: { ...agent, greeting }, stt: earFor('cough') });
    const { events } = await calls.say(['cough'], { behaviour: { bargeInMs: 1000 } });
    expect(ofType(events, 'speech.start')).toEqual([]);
    expect(ofType(events, 'speech.ignored')).toHaveLength(1);
    expect(ofType(events, 'turn.end')).toMatchObject([{ turn: 0, heardText: greeting, aborted: null }]);
  });

  it('with a sound like a voice makes it pause, and only the cut word is played twice', async () => {
    await calls.start({ agent: { ...agent, greeting } });
    const undisturbed = await calls.say(['silence'], { behaviour: { answerWithinMs: 5000 } });
    await calls.relay.close();
    const turnTaking = { voiceThreshold: 0 };
    await calls.start({ agent: { ...agent, greeting }, stt: earFor('cough'), turnTaking });
    const disturbed = await calls.say(['cough'], { behaviour: { bargeInMs: 1000 } });
    expect(ofType(disturbed.events, 'agent.resumed')).toHaveLength(1);
    expect(ofType(disturbed.events, 'turn.end')).toMatchObject([
      { turn: 0, heardText: greeting, aborted: null },
    ]);
    const whole = spoken(undisturbed.recording!.agent);
    const { before, after } = splitAtPause(disturbed.recording!.agent);
    expect([...before]).toEqual([...whole.subarray(0, before.length)]);
    expect([...after]).toEqual([...whole.subarray(whole.length - after.length)]);
    const again = before.length + after.length - whole.length;
    expect(again).toBeGreaterThanOrEqual(0);
    // No word of the greeting is longer than 900 ms.
    expect(again).toBeLessThan(0.9 * 8000);
  });
});

/** The times of each word in the agent's audio, from the voice itself and not from the session. */
function timedWords(text: string): Promise<TimedWord[]> {
  const words: TimedWord[] = [];
  const splitter = new SentenceSplitter();
  return new Promise((resolve, reject) => {
    const stream = calls.voices.tts.open({
      format: { encoding: 'mulaw', sampleRateHz: 8000 },
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type === 'alignment') words.push(...event.words);
        else if (event.type === 'done') resolve(words);
        else if (event.type === 'error') reject(event.error);
      },
    });
    for (const chunk of [...splitter.push(text), ...splitter.flush()]) stream.write(chunk.trim());
    stream.end();
  });
}

/** The stretch from the first to the last sample that is not silence. */
function spoken(samples: Int16Array): Int16Array {
  const first = samples.findIndex((sample) => sample !== 0);
  const last = samples.findLastIndex((sample) => sample !== 0);
  return samples.subarray(first, last + 1);
}

/** The audio before and after the longest silence within the speech. */
function splitAtPause(samples: Int16Array): { before: Int16Array; after: Int16Array } {
  const speech = spoken(samples);
  let longest = { start: 0, length: 0 };
  for (let i = 0, run = 0; i < speech.length; i++) {
    run = speech[i] === 0 ? run + 1 : 0;
    if (run > longest.length) longest = { start: i - run + 1, length: run };
  }
  return {
    before: speech.subarray(0, longest.start),
    after: speech.subarray(longest.start + longest.length),
  };
}
