import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SpeechToTextStream } from '../../providers/speech-to-text.js';
import { defaultTurnTaking } from '../turn-taking/turn-taking.js';
import type { SpeechBoundary } from './speech-segmenter.js';
import { VoiceStart } from './voice-start.js';

const frame = { samples: new Int16Array(160), sampleRateHz: 8000 };
const start = (onsetMs: number): SpeechBoundary => ({ type: 'start', onsetMs });
const end = (lastSpeechMs: number): SpeechBoundary => ({ type: 'end', lastSpeechMs });

/** A caller in whose sound a voice is as probable as `voice` says. Turn taking's commands go on to the recogniser. */
class Caller {
  voice = 0;
  nowMs = 0;
  readonly told: SpeechBoundary[] = [];
  readonly guesses: string[] = [];
  /** Onset and end of what was ignored. */
  readonly ignored: [number, number][] = [];
  /** What the recogniser was told. */
  readonly stream: string[] = [];
  readonly voiceStart: VoiceStart;

  constructor(voiceThreshold = 0.4) {
    const stream: SpeechToTextStream = {
      write: () => undefined,
      speechStarted: () => this.stream.push('start'),
      flush: () => this.stream.push('flush'),
      close: () => Promise.resolve(),
    };
    this.voiceStart = new VoiceStart({
      check: { push: () => undefined, voiceProbability: () => this.voice },
      turnTaking: { ...defaultTurnTaking, voiceThreshold },
      nowMs: () => this.nowMs,
      stream: () => stream,
      onGuess: (text) => this.guesses.push(text),
      onIgnored: (...times) => this.ignored.push(times),
      tell: (boundary) => {
        this.told.push(boundary);
        if (boundary.type === 'end') this.voiceStart.flushed();
        if (this.voiceStart.isKnown) return;
        if (boundary.type === 'start') this.stream.push('start');
        if (boundary.type === 'end') this.stream.push('flush');
      },
    });
  }

  hear(boundary: SpeechBoundary | null = null): void {
    this.nowMs += 20;
    this.voiceStart.push(frame, this.nowMs, boundary);
  }
}

describe('the start of speech', () => {
  it('is passed on at once if a voice is heard', () => {
    const caller = new Caller();
    caller.voice = 0.4;
    caller.hear(start(0));
    caller.hear({ type: 'pause', silenceMs: 60 });
    caller.hear({ type: 'resume' });
    caller.hear(end(60));
    expect(caller.told.map(({ type }) => type)).toEqual(['start', 'pause', 'resume', 'end']);
    expect(caller.stream).toEqual(['start', 'flush']);
    expect(caller.ignored).toEqual([]);
  });

  it('is not passed on for a sound without a voice, of which only the recogniser learns', () => {
    const caller = new Caller();
    caller.hear(start(0));
    caller.hear({ type: 'pause', silenceMs: 60 });
    caller.hear({ type: 'resume' });
    caller.hear(end(60));
    caller.voiceStart.answered();
    expect(caller.told).toEqual([]);
    expect(caller.stream).toEqual(['start', 'flush']);
    expect(caller.ignored).toEqual([[0, 60]]);
  });

  it('comes as soon as a voice is heard, without the noise before it', () => {
    const caller = new Caller();
    caller.hear(start(0));
    for (let i = 0; i < 50; i++) caller.hear();
    caller.voice = 0.9;
    caller.hear();
    expect(caller.told).toEqual([start(1040 - 200)]);
    caller.hear(end(1060));
    expect(caller.told).toEqual([start(1040 - 200), end(1060)]);
    expect(caller.stream).toEqual(['start', 'flush']);
  });

  it('brings the guess that was held back with it', () => {
    const caller = new Caller();
    caller.hear(start(0));
    caller.voiceStart.guessed('book');
    caller.voice = 0.9;
    caller.hear();
    expect(caller.told).toEqual([start(0)]);
    expect(caller.guesses).toEqual(['book']);
  });

  it('is doubtful for 200 ms', () => {
    const caller = new Caller();
    expect(caller.voiceStart.isTentative).toBe(false);
    caller.hear(start(0));
    expect(caller.voiceStart.isTentative).toBe(true);
    caller.nowMs += 200;
    expect(caller.voiceStart.isTentative).toBe(false);
  });

  it('takes every sound for a voice if the threshold is 0', () => {
    const caller = new Caller(0);
    caller.hear(start(0));
    expect(caller.told).toEqual([start(0)]);
  });
});

describe("the recogniser's words", () => {
  it('make a sound speech, also one that is over', () => {
    const caller = new Caller();
    caller.hear(start(0));
    caller.hear(end(40));
    caller.voiceStart.recognised();
    caller.voiceStart.answered();
    expect(caller.told).toEqual([start(0), end(40)]);
    expect(caller.stream).toEqual(['start', 'flush']);
    expect(caller.ignored).toEqual([]);
  });

  it('do so as guesses only if two agree on them', () => {
    const caller = new Caller();
    caller.hear(start(0));
    expect(caller.voiceStart.guessed('um hello')).toBe(false);
    expect(caller.voiceStart.guessed('book my')).toBe(false);
    expect(caller.told).toEqual([]);
    expect(caller.voiceStart.guessed('book my appointment')).toBe(true);
    expect(caller.told).toEqual([start(0)]);
    expect(caller.voiceStart.guessed('')).toBe(true);
  });

  it('do not if they answer the flush of the speech before', () => {
    const caller = new Caller();
    caller.voice = 1;
    caller.hear(start(0));
    caller.hear(end(40));
    caller.voice = 0;
    caller.hear(start(60));
    caller.voiceStart.recognised();
    expect(caller.voiceStart.guessed('book my appointment')).toBe(true);
    caller.voiceStart.answered();
    expect(caller.told).toEqual([start(0), end(40)]);
    caller.voiceStart.recognised();
    expect(caller.told).toEqual([start(0), end(40), start(60)]);
  });

  it('do again after a recogniser that never answered was restarted', () => {
    const caller = new Caller();
    caller.voiceStart.flushed();
    caller.voiceStart.restarted();
    caller.hear(start(0));
    caller.voiceStart.recognised();
    expect(caller.told).toEqual([start(0)]);
  });

  it('do not if they come long after the sound', () => {
    const caller = new Caller();
    caller.hear(start(0));
    caller.hear(end(40));
    caller.nowMs += defaultTurnTaking.bargeInTimeoutMs + 1;
    caller.voiceStart.recognised();
    expect(caller.told).toEqual([]);
  });

  it('do not for a sound in which they found none before', () => {
    const caller = new Caller();
    caller.hear(start(0));
    caller.hear(end(40));
    caller.voiceStart.answered();
    caller.voiceStart.recognised();
    expect(caller.told).toEqual([]);
  });

  it('may never come: the next sound shows that there were none', () => {
    const caller = new Caller();
    caller.hear(start(0));
    caller.hear(end(40));
    expect(caller.ignored).toEqual([]);
    caller.hear(start(1000));
    expect(caller.ignored).toEqual([[0, 40]]);
  });
});

describe('whatever is heard', () => {
  it('the caller starts, then ends, and the recogniser is told the same in the same order', () => {
    const step = fc.record({
      voice: fc.constantFrom(0, 0.39, 0.4, 1),
      boundary: fc.boolean(),
      word: fc.constantFrom('guess', 'same guess', 'final', 'answer', 'nothing', 'restart'),
      pauseMs: fc.constantFrom(0, 20, 500, 3000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const caller = new Caller();
        let speaking = false;
        let guesses = 0;
        for (const { voice, boundary, word, pauseMs } of steps) {
          caller.voice = voice;
          caller.nowMs += pauseMs;
          caller.hear(boundary ? (speaking ? end(caller.nowMs) : start(caller.nowMs)) : null);
          if (boundary) speaking = !speaking;
          if (word === 'guess') caller.voiceStart.guessed(`one two ${guesses++}`);
          if (word === 'same guess') caller.voiceStart.guessed('book my appointment');
          if (word === 'final') caller.voiceStart.recognised();
          if (word === 'answer') caller.voiceStart.answered();
          if (word === 'restart') caller.voiceStart.restarted();
        }
        const ends = (n: number): string => (n % 2 === 0 ? 'start' : 'end');
        expect(caller.told.map(({ type }) => type)).toEqual(caller.told.map((_, n) => ends(n)));
        const toRecogniser = caller.stream.map((_, n) => (n % 2 === 0 ? 'start' : 'flush'));
        expect(caller.stream).toEqual(toRecogniser);
        const known = [
          ...caller.told.flatMap((boundary) => (boundary.type === 'end' ? [boundary.lastSpeechMs] : [])),
        ];
        const dropped = caller.ignored.map(([, lastSpeechMs]) => lastSpeechMs);
        expect(new Set([...known, ...dropped]).size).toBe(known.length + dropped.length);
      }),
    );
  });
});
