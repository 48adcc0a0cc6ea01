import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type SpeechBoundary, SpeechSegmenter, type SpeechSegmenterOptions } from './speech-segmenter.js';

/** One caller whose frames are written as text: `S` a frame of loud speech, `h` the detector's hangover, `.` silence. */
class Caller {
  readonly segmenter: SpeechSegmenter;
  readonly #frameMs: number;
  nowMs = 0;

  constructor(options?: SpeechSegmenterOptions, frameMs = 20) {
    this.segmenter = new SpeechSegmenter(options);
    this.#frameMs = frameMs;
  }

  /** Feeds the frames; returns what became certain and when. */
  hear(frames: string): (SpeechBoundary & { readonly atMs: number })[] {
    const boundaries = [];
    for (const frame of frames) {
      this.nowMs += this.#frameMs;
      const boundary = this.segmenter.push({
        speech: frame !== '.',
        levelDbfs: frame === 'S' ? -18 : -62,
        endMs: this.nowMs,
        durationMs: this.#frameMs,
      });
      if (boundary) boundaries.push({ ...boundary, atMs: this.nowMs });
    }
    return boundaries;
  }
}

describe('speech segmenter', () => {
  it('hears speech begin where it began, once there is 60 ms of it', () => {
    expect(new Caller().hear('.....SSSSS')).toEqual([{ type: 'start', onsetMs: 100, atMs: 160 }]);
  });

  it('hears speech begin through a gap in its first 100 ms', () => {
    expect(new Caller().hear('..S.S.S')).toEqual([{ type: 'start', onsetMs: 40, atMs: 140 }]);
  });

  it('takes no click and no two for speech', () => {
    expect(new Caller().hear('..S.....SS.....S...S...S....')).toEqual([]);
  });

  it('hears speech end 180 ms after its last sound', () => {
    const caller = new Caller();
    caller.hear('..SSSSS');
    expect(caller.hear('.........')).toEqual([{ type: 'end', lastSpeechMs: 140, atMs: 320 }]);
  });

  it("is not deceived by the detector's hangover", () => {
    const caller = new Caller();
    caller.hear('..SSSSS');
    expect(caller.hear('hhhhh....')).toEqual([{ type: 'end', lastSpeechMs: 140, atMs: 320 }]);
  });

  it('goes on through a pause that is shorter', () => {
    const caller = new Caller();
    caller.hear('..SSSSS');
    expect(caller.hear('........SS........SS.........')).toEqual([
      { type: 'end', lastSpeechMs: 540, atMs: 720 },
    ]);
  });

  it('hears the next speech as a new one', () => {
    const caller = new Caller();
    caller.hear('SSS.........');
    expect(caller.hear('...SSS')).toEqual([{ type: 'start', onsetMs: 300, atMs: 360 }]);
  });

  it('counts silence in audio: frames that come late end nothing', () => {
    const caller = new Caller();
    caller.hear('..SSSSS.');
    caller.nowMs += 5000;
    expect(caller.hear('.SS')).toEqual([]);
    expect(caller.segmenter.isSpeaking).toBe(true);
  });

  it('says that it is speaking between start and end, and tentative before', () => {
    const caller = new Caller();
    const state = (frames: string): string => {
      caller.hear(frames);
      if (caller.segmenter.isSpeaking) return 'speaking';
      return caller.segmenter.isTentative ? 'tentative' : 'quiet';
    };
    expect(['...', 'S', 'S', 'S', 'S..', '.......'].map(state)).toEqual([
      'quiet',
      'tentative',
      'tentative',
      'speaking',
      'speaking',
      'quiet',
    ]);
  });

  it('is tentative no longer once the click has left the window', () => {
    const caller = new Caller();
    caller.hear('..S....');
    expect(caller.segmenter.isTentative).toBe(true);
    caller.hear('.');
    expect(caller.segmenter.isTentative).toBe(false);
  });

  it('ends the current speech with its last frame where no audio comes any more', () => {
    const caller = new Caller();
    caller.hear('..SSSSS..');
    expect(caller.segmenter.end()).toEqual({ type: 'end', lastSpeechMs: 140 });
    expect(caller.segmenter.end()).toBeNull();
    expect(caller.hear('SSS')).toEqual([{ type: 'start', onsetMs: 180, atMs: 240 }]);
  });

  it('drops the current speech on a reset', () => {
    const caller = new Caller();
    caller.hear('SSSS');
    caller.segmenter.reset();
    expect(caller.segmenter.isSpeaking).toBe(false);
    expect(caller.hear('...........')).toEqual([]);
  });

  it('works alike with frames of 10 and 30 ms', () => {
    expect(new Caller({}, 10).hear(`${'.'.repeat(10)}${'S'.repeat(20)}${'.'.repeat(20)}`)).toEqual([
      { type: 'start', onsetMs: 100, atMs: 160 },
      { type: 'end', lastSpeechMs: 300, atMs: 480 },
    ]);
    expect(new Caller({}, 30).hear('....SSSSSS........')).toEqual([
      { type: 'start', onsetMs: 120, atMs: 180 },
      { type: 'end', lastSpeechMs: 300, atMs: 480 },
    ]);
  });

  it('takes other durations', () => {
    const caller = new Caller({ startSpeechMs: 40, startWindowMs: 40, endSilenceMs: 60 });
    expect(caller.hear('S.SS...')).toEqual([
      { type: 'start', onsetMs: 40, atMs: 80 },
      { type: 'end', lastSpeechMs: 80, atMs: 140 },
    ]);
  });

  it('alternates starts and ends, in the order of time, whatever it hears', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('S', 'h', '.', '....', '..........', 'SSSS'), { maxLength: 120 }),
        (frames) => {
          const times: number[] = [];
          for (const [i, boundary] of new Caller().hear(frames.join('')).entries()) {
            expect(boundary.type).toBe(i % 2 === 0 ? 'start' : 'end');
            if (boundary.type === 'start') times.push(boundary.onsetMs);
            else if (boundary.type === 'end') times.push(boundary.lastSpeechMs);
          }
          expect(times).toEqual([...times].sort((a, b) => a - b));
        },
      ),
    );
  });
});
