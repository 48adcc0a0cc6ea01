import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AudioFrame } from '../../audio/audio-frame.js';
import { UnfinalisedAudio, type StreamInput } from './unfinalised-audio.js';

const frame = (ms = 20): AudioFrame => ({ samples: new Int16Array(8 * ms), sampleRateHz: 8000 });

/** Inputs as text: frames by length in ms, `s` for a start of speech, `f` for a flush. */
const told = (inputs: Iterable<StreamInput>): string =>
  [...inputs]
    .map((input) =>
      input.type === 'audio' ? String(input.frame.samples.length / 8) : input.type === 'flush' ? 'f' : 's',
    )
    .join(' ');

describe('unfinalised audio', () => {
  it('is replayed as it came, with its marks in their places, without copies', () => {
    const audio = new UnfinalisedAudio();
    const frames = [frame(), frame(), frame()];
    audio.write(frames[0]!);
    audio.speechStarted();
    audio.write(frames[1]!);
    audio.flush();
    audio.write(frames[2]!);
    const { startMs, inputs } = audio.replay(0);
    const given = [...inputs];
    expect(startMs).toBe(0);
    expect(told(given)).toBe('20 s 20 f 20');
    expect(given.flatMap((input) => (input.type === 'audio' ? [input.frame] : []))).toEqual(frames);
    expect(given[0]).toEqual({ type: 'audio', frame: frames[0] });
    expect((given[0] as { frame: AudioFrame }).frame).toBe(frames[0]);
  });

  it('begins with the frame that contains a position', () => {
    const audio = new UnfinalisedAudio();
    for (let i = 0; i < 5; i++) audio.write(frame());
    expect(audio.replay(20).startMs).toBe(20);
    expect(audio.replay(39).startMs).toBe(20);
    expect(audio.replay(-300).startMs).toBe(0);
    expect(audio.replay(100)).toMatchObject({ startMs: 100 });
    expect(told(audio.replay(100).inputs)).toBe('');
  });

  it('puts marks of forgotten audio first: the flush is still unanswered, and the caller still speaking', () => {
    const audio = new UnfinalisedAudio();
    audio.speechStarted();
    audio.write(frame());
    audio.flush();
    audio.write(frame());
    audio.speechStarted();
    audio.write(frame());
    audio.forget(60);
    expect(told(audio.replay(40).inputs)).toBe('s f s');
    audio.answered();
    audio.write(frame());
    expect(told(audio.replay(40).inputs)).toBe('s 20');
    expect(audio.isSpeaking).toBe(true);
  });

  it('ignores a second start of speech before a flush, and an answer without a flush', () => {
    const audio = new UnfinalisedAudio();
    audio.speechStarted();
    audio.speechStarted();
    audio.answered();
    expect(told(audio.replay(0).inputs)).toBe('s');
    expect(audio.isSpeaking).toBe(true);
    audio.flush();
    expect(audio.isSpeaking).toBe(false);
  });

  it('replays what a list of all inputs would, whatever is written, answered and forgotten', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ write: fc.integer({ min: 1, max: 60 }) }) },
      fc.constantFrom('start' as const, 'flush' as const, 'answer' as const),
      fc.record({ forget: fc.integer({ min: -100, max: 1200 }) }),
      fc.record({ replay: fc.integer({ min: -100, max: 1200 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const audio = new UnfinalisedAudio();
        let all: { text: string; startMs: number; endMs: number }[] = [];
        let endMs = 0;
        let forgottenMs = 0;
        const marks = (): string[] => all.filter(({ text }) => /[sf]/.test(text)).map(({ text }) => text);
        for (const next of steps) {
          if (next === 'start') {
            if (marks().at(-1) !== 's') all.push({ text: 's', startMs: endMs, endMs });
            audio.speechStarted();
          } else if (next === 'flush') {
            all.push({ text: 'f', startMs: endMs, endMs });
            audio.flush();
          } else if (next === 'answer') {
            const flush = all.findIndex(({ text }) => text === 'f');
            all = all.filter(({ text }, index) => index > flush || !/[sf]/.test(text));
            audio.answered();
          } else if ('write' in next) {
            all.push({ text: String(next.write), startMs: endMs, endMs: endMs + next.write });
            endMs += next.write;
            audio.write(frame(next.write));
          } else if ('forget' in next) {
            forgottenMs = Math.max(forgottenMs, next.forget);
            audio.forget(next.forget);
            // Audio written later is kept, even if the position was ahead of it.
            forgottenMs = Math.min(forgottenMs, endMs);
          } else {
            const fromMs = Math.max(next.replay, forgottenMs);
            const expected = all.filter(({ text, endMs: end }) => /[sf]/.test(text) || end > fromMs);
            const { startMs, inputs } = audio.replay(next.replay);
            expect(told(inputs)).toBe(expected.map(({ text }) => text).join(' '));
            const firstFrame = expected.find(({ text }) => !/[sf]/.test(text));
            expect(startMs).toBeCloseTo(firstFrame?.startMs ?? endMs, 6);
          }
          expect(audio.endMs).toBeCloseTo(endMs, 6);
          expect(audio.isSpeaking).toBe(marks().at(-1) === 's');
        }
      }),
    );
  });

  it('keeps only the audio that it needs, however long the call', () => {
    const audio = new UnfinalisedAudio();
    for (let i = 0; i < 2000; i++) {
      audio.write(frame());
      audio.forget(audio.endMs - 100);
    }
    expect(audio.startMs).toBe(audio.endMs - 100);
    expect(told(audio.replay(0).inputs)).toBe('20 20 20 20 20');
  });
});
