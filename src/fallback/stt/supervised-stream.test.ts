import { describe, expect, it } from '@jest/globals';
import { begin, scripted, types } from '../../../test/harness/supervised-recogniser.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { supervisedSpeechToText } from './supervised-speech-to-text.js';

describe('a supervised stream', () => {
  it('begins again with everything unanswered: audio, starts of speech and flushes, in their places', () => {
    const provider = scripted();
    const { clock, stream, line } = begin([{ provider }]);
    line(400);
    stream.speechStarted?.();
    line(600);
    stream.flush();
    line(100);
    stream.speechStarted?.();
    line(200);
    provider.stream.answer('hello');
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.streams).toHaveLength(2);
    expect(provider.stream.inputs).toEqual([100, 'speech_started', 200]);
    provider.stream.fail();
    line(40);
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([100, 'speech_started', 240]);
  });

  it('repeats a pending flush, and answers it once', () => {
    const provider = scripted();
    const { clock, stream, line, finals } = begin([{ provider }]);
    stream.speechStarted?.();
    line(600);
    stream.flush();
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual(['speech_started', 600, 'flush']);
    provider.stream.answer('hello');
    expect(finals()).toEqual(['hello']);
    provider.stream.fail();
    clock.advance(1000);
    line(20);
    expect(provider.stream.inputs).toEqual([20]);
  });

  it('reports times of the call, whichever stream they come from', () => {
    const provider = scripted();
    const { clock, events, line } = begin([{ provider }]);
    line(1000);
    provider.stream.say({ type: 'final', text: 'one', endOfUtterance: true, untilMs: 1000 });
    provider.stream.fail();
    clock.advance(1000);
    line(500);
    const words = [{ text: 'two', startMs: 100, endMs: 300 }];
    provider.stream.say({ type: 'heard', untilMs: 400 });
    provider.stream.say({ type: 'partial', text: 'two', words });
    provider.stream.say({ type: 'final', text: 'two', endOfUtterance: true, words, untilMs: 500 });
    const moved = [{ text: 'two', startMs: 1100, endMs: 1300 }];
    expect(events.slice(1)).toEqual([
      { type: 'heard', untilMs: 1400 },
      { type: 'partial', text: 'two', words: moved },
      {
        type: 'final',
        text: 'two',
        words: moved,
        endOfUtterance: true,
        untilMs: 1500,
        answersFlush: false,
      },
    ]);
  });

  it('begins 300 ms early with a recogniser that gives word times, and leaves out repeated words', () => {
    const provider = scripted();
    const { clock, events, line } = begin([{ provider }]);
    line(1000);
    const one = { text: 'one', startMs: 700, endMs: 950 };
    const final = { type: 'final', endOfUtterance: true, untilMs: 1000 } as const;
    provider.stream.say({ ...final, text: 'one', words: [one] });
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([300]);
    line(300);
    const again = { text: 'one', startMs: 0, endMs: 250 };
    const two = { text: 'two', startMs: 290, endMs: 500 };
    provider.stream.say({ type: 'partial', text: 'one', words: [again] });
    provider.stream.say({ type: 'partial', text: 'one two', words: [again, two] });
    expect(events.slice(1)).toEqual([
      { type: 'partial', text: 'two', words: [{ text: 'two', startMs: 990, endMs: 1200 }] },
    ]);
  });

  it('keeps the words of an answer to a flush whatever their times, unless they repeat the last final', () => {
    const provider = scripted();
    const { events, line, stream } = begin([{ provider }]);
    const answer = (text: string, startMs: number): void => {
      line(1000);
      stream.flush();
      const words = [{ text, startMs, endMs: startMs + 300 }];
      provider.stream.say({ type: 'final', text, endOfUtterance: true, words, answersFlush: true });
    };
    answer('one', 500);
    answer('one', 500);
    answer('two', 0);
    answer('three', 0);
    expect(events.flatMap((event) => (event.type === 'final' ? [event.text] : []))).toEqual([
      'one',
      '',
      'two',
      'three',
    ]);
  });

  it.each([
    ['a guess', false],
    ['speech without guesses', true],
  ])('keeps an answer that is like the last one if it follows %s', (_name, isSpeech) => {
    const provider = scripted();
    const { events, line, stream } = begin([{ provider }]);
    for (let answer = 1; answer <= 3; answer++) {
      if (isSpeech) stream.speechStarted?.();
      line(1000);
      const guessed = [{ text: 'yes', startMs: answer * 1000 - 300, endMs: answer * 1000 }];
      if (!isSpeech) provider.stream.say({ type: 'partial', text: 'yes', words: guessed });
      stream.flush();
      const words = [{ text: 'yes', startMs: 500, endMs: 800 }];
      provider.stream.say({ type: 'final', text: 'yes', endOfUtterance: true, words, answersFlush: true });
    }
    const finals = events.filter(({ type }) => type === 'final');
    expect(finals).toMatchObject([{ text: 'yes' }, { text: 'yes' }, { text: 'yes' }]);
  });

  it('keeps 5 s of silence, and 30 s of speech', () => {
    const provider = scripted();
    const { clock, stream, incidents, burst } = begin([{ provider }], { attempts: 5 });
    burst(20_000);
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([5000]);
    stream.speechStarted?.();
    burst(29_000);
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([1000, 'speech_started', 29_000]);
    expect(types(incidents)).not.toContain('warning');
    burst(10_000);
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual(['speech_started', 30_000]);
    expect(incidents.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'stt_audio_dropped' }]);
  });

  it('closes its recogniser, waits for that, and emits nothing afterwards', async () => {
    const provider = scripted();
    const { clock, events, stream } = begin([{ provider }]);
    const [opened] = provider.streams;
    stream.flush();
    await stream.close();
    await stream.close();
    expect(opened?.isClosed).toBe(true);
    opened?.options.onEvent({ type: 'partial', text: 'still here' });
    expect(events).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops at once if its listener closes it because of a failure', () => {
    const provider = scripted();
    const clock = new VirtualClock();
    const candidates = [{ provider }, { provider: scripted() }];
    for (const category of ['connection', 'auth'] as const) {
      const stream = supervisedSpeechToText({ candidates, clock }).open({
        format: { encoding: 'linear16', sampleRateHz: 8000 },
        signal: new AbortController().signal,
        onEvent: () => undefined,
        onIncident: () => void stream.close(),
      });
      const before = provider.streams.length;
      provider.stream.fail(category);
      clock.advance(5000);
      expect(provider.streams).toHaveLength(before);
      expect(candidates[1]?.provider.streams).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    }
  });
});
