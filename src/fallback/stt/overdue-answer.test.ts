import { describe, expect, it } from '@jest/globals';
import { begin, scripted, types, utter } from '../../../test/harness/supervised-recogniser.js';
import type { ScriptedSpeechToText } from '../../../test/harness/scripted-speech-to-text.js';

describe('a silent recogniser', () => {
  it('is replaced if it does not answer a flush', () => {
    const provider = scripted({ finalTimeoutMs: 2000 });
    const { clock, stream, incidents, finals } = begin([{ provider }]);
    provider.stream.say({ type: 'partial', text: 'well' });
    stream.flush();
    clock.advance(2999);
    expect(incidents).toEqual([]);
    clock.advance(1);
    expect(incidents).toMatchObject([
      { type: 'error', error: { category: 'timeout' } },
      { type: 'reconnect' },
    ]);
    clock.advance(0);
    provider.streams[0]?.answer('too late');
    provider.stream.answer('well done');
    expect(finals()).toEqual(['well done']);
  });

  it('may be silent as long as the caller is', () => {
    const provider = scripted();
    const { clock, incidents, line, burst } = begin([{ provider }]);
    line(500);
    // Even one that has sent `heard` need not continue to.
    provider.stream.say({ type: 'heard', untilMs: 400 });
    line(60_000);
    clock.advance(20_000);
    burst(10_000);
    line(240_000);
    expect(incidents).toEqual([]);
    expect(provider.streams).toHaveLength(1);
  });

  it('may be silent until its final, however long the speech', () => {
    for (const speechMs of [1000, 8000, 30_000]) {
      const provider = scripted();
      const { stream, incidents, line, finals } = begin([{ provider }]);
      line(200);
      provider.stream.say({ type: 'heard', untilMs: 100 });
      stream.speechStarted?.();
      line(speechMs);
      stream.flush();
      line(100);
      provider.stream.answer('book my appointment');
      line(1000);
      expect(finals()).toEqual(['book my appointment']);
      expect(incidents).toEqual([]);
    }
  });
});

describe('an overdue answer', () => {
  /** The adapter answers in place of a server that has said nothing about this audio. */
  const makeUp = (provider: ScriptedSpeechToText, text = '', untilMs = 0): void =>
    provider.stream.say({ type: 'final', text, endOfUtterance: true, untilMs, answersFlush: true });

  it('gets no more time if none is due, or if the recogniser is alive', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    expect(scene.stream.recover?.()).toBe(false);
    utter(scene, 1000);
    scene.line(400);
    expect(scene.stream.recover?.()).toBe(false);
    expect(scene.incidents).toEqual([]);
  });

  it('gets more time if the recogniser does not know whether its server is alive', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    utter(scene, 1000);
    provider.stream.isInDoubt = true;
    expect(scene.stream.recover?.()).toBe(true);
    provider.stream.fail('timeout');
    expect(scene.stream.recover?.()).toBe(true);
    scene.clock.advance(200);
    provider.stream.answer('hello');
    expect(scene.stream.recover?.()).toBe(false);
    expect(scene.finals()).toEqual(['hello']);
  });

  it('comes from a replacement if more than a second of speech got no answer', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    utter(scene, 1500);
    scene.line(1000);
    makeUp(provider);
    expect(scene.finals()).toEqual([]);
    scene.clock.advance(0);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
    expect(provider.stream.inputs).toEqual(['speech_started', 1500, 'flush', 1000]);
    provider.stream.answer('hello');
    expect(scene.finals()).toEqual(['hello']);
  });

  it('comes from a replacement after three short utterances without an answer', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    for (let time = 0; time < 3; time++) {
      expect(scene.incidents).toEqual([]);
      utter(scene, 600);
      scene.line(1000);
      makeUp(provider);
    }
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
  });

  it.each([200, 300, 380])('is not expected for noises of %i ms, however many', (noiseMs) => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    for (let time = 0; time < 300; time++) {
      utter(scene, noiseMs);
      scene.line(1000 - noiseMs);
      makeUp(provider);
    }
    expect(scene.finals()).toEqual(Array(300).fill(''));
    expect(scene.incidents).toEqual([]);
  });

  it('is not expected for longer noises if other answers come in between', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    for (let time = 0; time < 30; time++) {
      utter(scene, 700);
      scene.line(1000);
      makeUp(provider);
      utter(scene, 700);
      scene.line(100);
      provider.stream.answer('');
    }
    expect(scene.incidents).toEqual([]);
  });

  it('costs one reconnect in a call with a recogniser that never answers noise', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    for (let time = 0; time < 20; time++) {
      utter(scene, 3000);
      scene.line(1000);
      makeUp(provider);
      scene.clock.advance(0);
      if (provider.streams.length === 2 && scene.finals().length === 0) makeUp(provider);
      scene.line(3000);
    }
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
    expect(scene.finals()).toEqual(Array(20).fill(''));
  });

  it('comes from a replacement if words are known, and contains them if the replacement gives none', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    scene.stream.speechStarted?.();
    scene.line(900);
    provider.stream.say({ type: 'heard', untilMs: 900 });
    provider.stream.say({ type: 'partial', text: 'book my' });
    scene.line(900);
    scene.stream.flush();
    scene.line(1000);
    makeUp(provider, 'book my', 900);
    scene.clock.advance(0);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
    makeUp(provider);
    expect(scene.finals()).toEqual(['book my']);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
  });

  it.each(['connection', 'server', 'timeout'] as const)(
    'contains the words known before a failure of category %s if the successor gives none',
    (category) => {
      const provider = scripted();
      const scene = begin([{ provider }]);
      scene.stream.speechStarted?.();
      scene.line(1000);
      provider.stream.say({ type: 'partial', text: 'yes please' });
      provider.stream.fail(category);
      scene.clock.advance(200);
      scene.line(200);
      scene.stream.flush();
      provider.stream.answer('');
      expect(scene.finals()).toEqual(['yes please']);
      utter(scene, 600);
      provider.stream.answer('');
      expect(scene.finals()).toEqual(['yes please', '']);
    },
  );

  it("contains the successor's words if it gives some, and none if it withdraws its own", () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    scene.stream.speechStarted?.();
    scene.line(1000);
    provider.stream.say({ type: 'partial', text: 'yes' });
    provider.stream.fail();
    scene.clock.advance(200);
    scene.stream.flush();
    provider.stream.answer('yes please');
    utter(scene, 600);
    provider.stream.say({ type: 'partial', text: 'the' });
    provider.stream.answer('');
    expect(scene.finals()).toEqual(['yes please', '']);
  });

  it('contains the known words when all recognisers have failed', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    scene.stream.speechStarted?.();
    scene.line(1000);
    provider.stream.say({ type: 'partial', text: 'yes please' });
    scene.stream.flush();
    provider.stream.fail('auth');
    expect(scene.events.slice(-2)).toMatchObject([
      { type: 'final', text: 'yes please', answersFlush: true },
      { type: 'error', error: { category: 'auth' } },
    ]);
  });

  it('gets no more time than the budget of a turn if words are known', () => {
    const provider = scripted();
    const scene = begin([{ provider }], { budgetMs: 6000, attempts: 50 });
    scene.stream.speechStarted?.();
    scene.line(1000);
    provider.stream.say({ type: 'partial', text: 'yes please' });
    scene.stream.flush();
    provider.stream.fail();
    scene.clock.advance(5999);
    expect(scene.stream.recover?.()).toBe(true);
    scene.clock.advance(1);
    expect(scene.stream.recover?.()).toBe(false);
  });

  it('gets more time during an outage, and as much as a slower fallback needs', () => {
    const [one, two] = [scripted(), scripted({ finalTimeoutMs: 2000 })];
    const { clock, stream, finals } = begin([{ provider: one }, { provider: two }], { attempts: 1 });
    stream.flush();
    one.stream.fail();
    expect(stream.recover?.()).toBe(true);
    two.stream.answer('');
    stream.flush();
    clock.advance(1999);
    expect(stream.recover?.()).toBe(true);
    clock.advance(1);
    expect(stream.recover?.()).toBe(false);
    expect(finals()).toEqual(['']);
  });
});
