/** Another list of recognisers takes a call over, at every moment of what the caller says. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { begin, scripted, utter } from '../../../test/harness/supervised-recogniser.js';
import { SupervisedCall } from '../../../test/harness/supervised-call.js';
import { drawn } from '../../../test/harness/thorough.js';
import { toneRecogniser } from '../../../test/harness/tone-recogniser.js';
import { toneGapMs, toneWordMs } from '../../../test/harness/tone-words.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import { supervisedSpeechToText } from './supervised-speech-to-text.js';

const first = ['one', 'two', 'three', 'four'];
const second = ['five', 'six', 'seven', 'eight'];
const leadMs = 400;
const pauseMs = 600;
const wholeMs = leadMs + 2 * (first.length * (toneWordMs + toneGapMs) + 180) + pauseMs;
const moments = Array.from({ length: Math.floor(wholeMs / 40) }, (_, index) => 20 + 40 * index);

let call: SupervisedCall | null = null;
afterEach(async () => {
  await call?.end();
  expect(call?.clock.pendingTimers ?? 0).toBe(0);
  expect(call?.simulator.problems ?? []).toEqual([]);
  call = null;
});

const successors: Readonly<Record<string, (of: SupervisedCall) => SpeechToText>> = {
  'another Deepgram': (of) => of.deepgram('nova-2'),
  'one with turns of its own': (of) => of.deepgram('flux-general-en'),
  'one without word times, at another rate': () => toneRecogniser({ sampleRateHz: 16_000 }),
};

describe.each(['nova-3', 'flux-general-en'])('a call with %s', (model) => {
  it.each(
    Object.keys(successors).flatMap((name) => drawn(moments, 6).map((afterMs) => [name, afterMs] as const)),
  )('is taken over by %s after %i ms, and no word is lost or doubled', async (name, afterMs) => {
    const held = await SupervisedCall.place({ model }, 0);
    call = held;
    held.after(afterMs, () => held.replaceBy(successors[name]!(held)));
    await held.saySilence(leadMs);
    await held.say(...first);
    await held.saySilence(pauseMs);
    await held.say(...second);
    await held.saySilence(1000);
    expect(held.words).toBe([...first, ...second].join(' '));
    expect(held.answers).toEqual([first.join(' '), [...first, ...second].join(' ')]);
    expect(held.incidents).toEqual([]);
  });
});

describe('a stream that replaces another', () => {
  it('gets its unfinished audio, with unanswered flushes, and asks for time until it has spoken', () => {
    const before = scripted({ name: 'before' });
    const after = scripted({ name: 'after' });
    const scene = begin([{ provider: before }]);
    scene.line(200);
    utter(scene, 400);
    const stt = supervisedSpeechToText({ candidates: [{ provider: after }], clock: scene.clock });
    const stream = stt.open({
      ...before.stream.options,
      replaces: scene.stream,
      onEvent: (event) => scene.events.push(event),
    });
    expect(before.stream.isClosed).toBe(true);
    expect(after.stream.inputs).toEqual([200, 'speech_started', 400, 'flush']);
    before.stream.answer('late');
    scene.clock.advance(500);
    expect(stream.recover?.()).toBe(true);
    after.stream.answer('hello');
    expect(stream.recover?.()).toBe(false);
    expect(scene.finals()).toEqual(['hello']);
    void stream.close();
  });

  it('gets nothing that a final has covered', () => {
    const before = scripted();
    const after = scripted();
    const scene = begin([{ provider: before }]);
    utter(scene, 400);
    before.stream.answer('hello');
    scene.line(100);
    const stt = supervisedSpeechToText({ candidates: [{ provider: after }], clock: scene.clock });
    void stt.open({ ...before.stream.options, replaces: scene.stream }).close();
    expect(after.stream.inputs).toEqual([100]);
  });

  it('begins anew where the one before has ended', async () => {
    const before = scripted();
    const after = scripted();
    const scene = begin([{ provider: before }]);
    utter(scene, 400);
    await scene.stream.close();
    const stt = supervisedSpeechToText({ candidates: [{ provider: after }], clock: scene.clock });
    void stt.open({ ...before.stream.options, replaces: scene.stream }).close();
    expect(after.stream.inputs).toEqual([]);
  });
});
