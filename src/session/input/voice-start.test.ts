import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SpeechToTextStream } from '../../providers/speech-to-text.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { defaultTurnTaking } from '../turn-taking/turn-taking.js';
import { VoiceStart } from './voice-start.js';

const frame = { samples: new Int16Array(160), sampleRateHz: 8000 };
const { finalTimeoutMs, bargeInTimeoutMs } = defaultTurnTaking;

/** A caller in whose sound a voice is as probable as `voice` says, and turn taking that flushes at each end of speech. */
class Caller {
  voice = 0;
  readonly clock = new VirtualClock();
  /** What turn taking learnt, and what was ignored: `start 20`, `end 60`, `guess: …`, `final: …`, `part: …`, `ignored 0-40`. */
  readonly told: string[] = [];
  /** What the recogniser was told. */
  readonly stream: string[] = [];
  readonly voiceStart: VoiceStart;
  readonly #startMs = this.clock.nowMs();

  constructor({ isChecked = true } = {}) {
    const stream: SpeechToTextStream = {
      write: () => undefined,
      speechStarted: () => this.stream.push('start'),
      flush: () => this.stream.push('flush'),
      close: () => Promise.resolve(),
    };
    this.voiceStart = new VoiceStart({
      check: isChecked ? { push: () => undefined, voiceProbability: () => this.voice } : null,
      turnTaking: { ...defaultTurnTaking, voiceThreshold: 0.4 },
      clock: this.clock,
      stream: () => stream,
      tell: (boundary) => {
        const ms = { start: 'onsetMs', end: 'lastSpeechMs' }[boundary.type as 'start'];
        this.told.push(ms ? `${boundary.type} ${(boundary as never)[ms] - this.#startMs}` : boundary.type);
        if (boundary.type === 'start' && this.voiceStart.speechStarted()) stream.speechStarted?.();
        if (boundary.type === 'end' && this.voiceStart.flushed()) stream.flush();
      },
      onWords: (event) => {
        const kind = event.type === 'partial' ? 'guess' : event.endOfUtterance ? 'final' : 'part';
        this.told.push(`${kind}: ${event.text}`);
      },
      onNoVoice: () => this.told.push('no voice'),
      onIgnored: (onsetMs, lastMs) =>
        this.told.push(`ignored ${onsetMs - this.#startMs}-${lastMs - this.#startMs}`),
    });
  }

  get ms(): number {
    return this.clock.nowMs() - this.#startMs;
  }

  /** A frame without a boundary, or with one at its end. */
  hear(boundary?: 'start' | 'end' | 'pause' | 'resume'): void {
    this.clock.advance(20);
    const nowMs = this.clock.nowMs();
    const boundaries = {
      start: { type: 'start', onsetMs: nowMs },
      end: { type: 'end', lastSpeechMs: nowMs },
      pause: { type: 'pause', silenceMs: 60 },
      resume: { type: 'resume' },
    } as const;
    this.voiceStart.push(frame, nowMs, boundary ? boundaries[boundary] : null);
  }

  /** A stretch of 40 ms. */
  sound(voice: number): void {
    this.voice = voice;
    this.hear('start');
    this.hear('end');
  }

  guess(text: string): void {
    this.voiceStart.words({ type: 'partial', text });
  }

  answer(text: string): void {
    this.voiceStart.words({ type: 'final', text, endOfUtterance: true });
  }

  segment(text: string): void {
    this.voiceStart.words({ type: 'final', text, endOfUtterance: false });
  }
}

describe('the start of speech', () => {
  it('is passed on at once if a voice is heard', () => {
    const caller = new Caller();
    caller.voice = 0.4;
    for (const boundary of ['start', 'pause', 'resume', 'end'] as const) caller.hear(boundary);
    caller.answer('yes');
    expect(caller.told).toEqual(['start 20', 'pause', 'resume', 'end 80', 'final: yes']);
    expect(caller.stream).toEqual(['start', 'flush']);
  });

  it('is not passed on for a sound without a voice, of which only the recogniser learns', () => {
    const caller = new Caller();
    for (const boundary of ['start', 'pause', 'resume', 'end'] as const) caller.hear(boundary);
    caller.answer('');
    expect(caller.told).toEqual(['ignored 20-80']);
    expect(caller.stream).toEqual(['start', 'flush']);
  });

  it('comes as soon as a voice is heard, without the noise before it', () => {
    const caller = new Caller();
    caller.hear('start');
    for (let i = 0; i < 50; i++) caller.hear();
    caller.voice = 0.9;
    caller.hear();
    caller.hear('end');
    expect(caller.told).toEqual([`start ${1040 - 200}`, 'end 1060']);
    expect(caller.stream).toEqual(['start', 'flush']);
  });

  it('brings the guess that was held back with it', () => {
    const caller = new Caller();
    caller.hear('start');
    caller.guess('book');
    caller.voice = 0.9;
    caller.hear();
    expect(caller.told).toEqual(['start 20', 'guess: book']);
  });

  it('is doubtful for 200 ms', () => {
    const caller = new Caller();
    expect(caller.voiceStart.isTentative).toBe(false);
    caller.hear('start');
    expect(caller.voiceStart.isTentative).toBe(true);
    caller.clock.advance(200);
    expect(caller.voiceStart.isTentative).toBe(false);
  });

  it('is reported to be missing in a sound of 1.5 s, once', () => {
    const caller = new Caller();
    caller.hear('start');
    for (let ms = 0; ms < 1480; ms += 20) caller.hear();
    expect(caller.told).toEqual([]);
    for (let ms = 0; ms < 6000; ms += 20) caller.hear();
    expect(caller.told).toEqual(['no voice']);
  });

  it('is not reported to be missing in a call that had one', () => {
    const caller = new Caller();
    caller.sound(1);
    caller.voice = 0;
    caller.hear('start');
    for (let ms = 0; ms < 6000; ms += 20) caller.hear();
    expect(caller.told).toEqual(['start 20', 'end 40']);
  });

  it('is every sound if there is no check', () => {
    const caller = new Caller({ isChecked: false });
    caller.hear('start');
    expect(caller.told).toEqual(['start 20']);
  });
});

describe("the recogniser's words", () => {
  it('make a sound speech that lasts, by a segment', () => {
    const caller = new Caller();
    caller.hear('start');
    caller.segment('book my');
    caller.hear('end');
    caller.answer('appointment');
    expect(caller.told).toEqual(['start 20', 'part: book my', 'end 40', 'final: appointment']);
    expect(caller.stream).toEqual(['start', 'flush']);
  });

  it('make a sound speech that is over', () => {
    const caller = new Caller();
    caller.sound(0);
    caller.answer('yes');
    expect(caller.told).toEqual(['start 20', 'end 40', 'final: yes']);
    expect(caller.stream).toEqual(['start', 'flush']);
  });

  it('do so as guesses only if two agree on them, and then both are passed on', () => {
    const caller = new Caller();
    caller.hear('start');
    caller.guess('um hello');
    caller.guess('book my');
    expect(caller.told).toEqual([]);
    caller.guess('book my appointment');
    expect(caller.told).toEqual(['start 20', 'guess: book my', 'guess: book my appointment']);
  });

  it('do not go back further than an interruption may last', () => {
    const caller = new Caller();
    caller.hear('start');
    caller.clock.advance(5000);
    caller.segment('stop it');
    expect(caller.told).toEqual([`start ${5020 - bargeInTimeoutMs}`, 'part: stop it']);
  });

  it('belong to the speech before a held sound, until its flush was answered', () => {
    const caller = new Caller();
    caller.sound(1);
    caller.voice = 0;
    caller.hear('start');
    caller.guess('cancel it');
    caller.guess('cancel it please');
    caller.answer('book my appointment');
    expect(caller.told).toEqual(['start 20', 'end 40', 'final: book my appointment']);
    caller.hear('end');
    caller.answer('cancel it please');
    expect(caller.told.slice(3)).toEqual(['start 60', 'end 80', 'final: cancel it please']);
    expect(caller.stream).toEqual(['start', 'flush', 'start', 'flush']);
  });

  it('belong to the speech after a held sound, once that was answered for', () => {
    const caller = new Caller();
    caller.sound(0);
    caller.sound(1);
    caller.answer('');
    expect(caller.told).toEqual(['start 60', 'end 80', 'ignored 20-40']);
    caller.answer('yes please');
    expect(caller.told.at(-1)).toBe('final: yes please');
  });

  it('belong to the second of two held sounds, if the first had none', () => {
    const caller = new Caller();
    caller.sound(0);
    caller.hear('start');
    caller.answer('');
    caller.hear('end');
    caller.answer('yes please');
    expect(caller.told).toEqual(['ignored 20-40', 'start 60', 'end 80', 'final: yes please']);
  });

  it('of a held sound begin the speech that has begun behind it', () => {
    const caller = new Caller();
    caller.sound(0);
    caller.hear('start');
    caller.answer('yes');
    caller.hear('end');
    caller.answer('please');
    expect(caller.told).toEqual(['start 20', 'part: yes', 'end 80', 'final: please']);
    expect(caller.stream).toEqual(['start', 'flush', 'start', 'flush']);
  });

  it('of two held sounds that are over are one speech', () => {
    const caller = new Caller();
    caller.sound(0);
    caller.sound(0);
    caller.answer('yes');
    caller.answer('please');
    expect(caller.told).toEqual(['start 20', 'end 80', 'part: yes', 'final: please']);
  });

  it('of a held sound are part of the speech that follows', () => {
    const caller = new Caller();
    caller.sound(0);
    caller.voice = 1;
    caller.hear('start');
    caller.answer('yes');
    caller.hear('end');
    caller.answer('please');
    expect(caller.told).toEqual(['start 60', 'part: yes', 'end 80', 'final: please']);
  });

  it('are taken as guessed if the answer is overdue, and a late one is for that speech', () => {
    const caller = new Caller();
    caller.hear('start');
    caller.guess('friday');
    caller.hear('end');
    caller.clock.advance(finalTimeoutMs);
    expect(caller.told).toEqual(['start 20', 'guess: friday', 'end 40']);
    caller.answer('friday');
    expect(caller.told.at(-1)).toBe('final: friday');
    expect(caller.stream).toEqual(['start', 'flush']);
  });

  it('are not waited for after the stream has ended', () => {
    const caller = new Caller();
    caller.sound(0);
    caller.voiceStart.restarted();
    expect(caller.told).toEqual(['ignored 20-40']);
    expect(caller.clock.pendingTimers).toBe(0);
    caller.hear('start');
    caller.segment('yes');
    expect(caller.told.slice(1)).toEqual(['start 60', 'part: yes']);
  });

  it('of a recogniser that never answered are of what is said now', () => {
    const caller = new Caller();
    caller.sound(1);
    caller.clock.advance(5000);
    caller.voice = 0;
    caller.hear('start');
    caller.segment('yes');
    expect(caller.told.slice(2)).toEqual(['start 5060', 'part: yes']);
  });
});

describe('whatever is heard', () => {
  it('the caller starts, then ends, each word is passed on once, and the recogniser is told the same', () => {
    const step = fc.record({
      voice: fc.constantFrom(0, 0.39, 0.4, 1),
      boundary: fc.boolean(),
      says: fc.constantFrom('guess', 'answer', 'empty answer', 'segment', 'nothing'),
      pauseMs: fc.constantFrom(0, 20, 300, 600),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const caller = new Caller();
        let speaking = false;
        let owed = 0;
        let words = 0;
        for (const { voice, boundary, says, pauseMs } of steps) {
          caller.voice = voice;
          caller.clock.advance(pauseMs);
          caller.hear(boundary ? (speaking ? 'end' : 'start') : undefined);
          if (boundary && speaking) owed++;
          if (boundary) speaking = !speaking;
          if (says === 'guess') caller.guess(`book my ${words}`);
          if (says === 'segment') caller.segment(`word${words++}`);
          if (says === 'answer' && owed > 0) caller.answer(`word${words++}`);
          if (says === 'empty answer' && owed > 0) caller.answer('');
          if (says.endsWith('answer') && owed > 0) owed--;
        }
        const boundaries = caller.told.filter((line) => /^(start|end)/.test(line));
        expect(boundaries.map((line) => line.split(' ')[0])).toEqual(
          boundaries.map((_, n) => (n % 2 === 0 ? 'start' : 'end')),
        );
        expect(caller.stream).toEqual(caller.stream.map((_, n) => (n % 2 === 0 ? 'start' : 'flush')));
        const passed = caller.told.flatMap((line) => /^(?:final|part): (word\d+)$/.exec(line)?.[1] ?? []);
        expect(passed).toEqual(Array.from({ length: words }, (_, n) => `word${n}`));
        caller.voiceStart.close();
        expect(caller.clock.pendingTimers).toBe(0);
      }),
    );
  });
});
