import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MachineConversation } from '../../../test/harness/machine-conversation.js';
import type { MachineEffect } from './session-state.js';

/** What was asked of the recogniser. */
function requests(call: MachineConversation): string[] {
  const asked = call.effects.map(({ type }) => type).filter((type) => type.startsWith('stt_'));
  call.effects = [];
  return asked;
}

function speaking(): MachineConversation {
  const call = new MachineConversation({ flushesEarly: true }).startsToSpeak().wait(500);
  requests(call);
  return call;
}

const end = { type: 'speech_ended', lastSpeechMs: 500 } as const;
const pause = { type: 'speech_paused', silenceMs: 120 } as const;

describe('a flush in the first silence', () => {
  it('is the flush for the end of the speech too', () => {
    const call = speaking().input(pause);
    expect(requests(call)).toEqual(['stt_flush']);
    call.wait(80).input(end);
    expect(requests(call)).toEqual([]);
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book it'");
  });

  it('commits the turn at the end of the speech if it was answered before', () => {
    const call = speaking().input(pause).wait(60);
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).not.toContain("transcript.final 1 'book it'");
    call.wait(20).input(end);
    expect(call.log()).toContain("transcript.final 1 'book it'");
    expect(call.state.agent?.timing).toEqual({ mouthMs: 500, vadEndMs: 580, sttFinalMs: 580 });
  });

  it('asks the caller to repeat if the answer has no words', () => {
    const call = speaking().input(pause).wait(60);
    call.input({ type: 'stt_final', text: '', endOfUtterance: true }).wait(20).input(end);
    expect(call.state.agent?.kind).toBe('reprompt');
  });

  it('is made once in a pause, and again in the next', () => {
    const call = speaking().input(pause).input(pause);
    expect(requests(call)).toEqual(['stt_flush']);
    call.input({ type: 'speech_resumed' }).wait(300).input(pause);
    expect(requests(call)).toEqual(['stt_speech_started', 'stt_flush']);
  });

  it('is not made before its time, nor of a recogniser that loses words by it', () => {
    expect(requests(speaking().input({ type: 'speech_paused', silenceMs: 80 }))).toEqual([]);
    const other = new MachineConversation().startsToSpeak().wait(500).input(pause);
    expect(requests(other)).toEqual(['stt_speech_started']);
  });

  it('is not made while the agent is audible, where half a backchannel would interrupt it', () => {
    const call = new MachineConversation({ flushesEarly: true })
      .says('book it')
      .answerPlays()
      .startsToSpeak();
    requests(call);
    expect(requests(call.wait(200).input(pause))).toEqual([]);
    expect(requests(call.wait(80).input(end))).toEqual(['stt_flush']);
  });

  it('is made again for words that came after its answer', () => {
    const call = speaking().input(pause).wait(40);
    call.input({ type: 'stt_final', text: 'book', endOfUtterance: true });
    call.input({ type: 'stt_partial', text: 'it' }).wait(40);
    requests(call);
    expect(requests(call.input(end))).toEqual(['stt_flush']);
  });

  it('takes a late answer for what it is if the caller went on meanwhile', () => {
    const call = speaking().input(pause).wait(60).input({ type: 'speech_resumed' }).wait(300);
    call.input({ type: 'speech_paused', silenceMs: 80 }).input(end);
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).not.toContain("transcript.final 1 'book it'");
    call.input({ type: 'stt_final', text: 'tomorrow', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book it tomorrow'");
  });
});

/** A word of the caller, and the silence after it. */
interface SpokenWord {
  readonly wordMs: number;
  readonly silenceMs: number;
}

/** Says words 0, 1, 2, …; the recogniser answers each flush after a while with the words since the last one. */
function said(spoken: readonly SpokenWord[], delaysMs: readonly number[], flushesEarly: boolean): string {
  const call = new MachineConversation({ flushesEarly });
  const answers: { readonly atMs: number; readonly words: number[] }[] = [];
  let nowMs = 0;
  let words: number[] = [];
  let flushes = 0;
  let seen = 0;
  const wait = (ms: number): void => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 10) {
      call.wait(10);
      while (answers[0] && answers[0].atMs <= nowMs) {
        const text = answers.shift()?.words.join(' ') ?? '';
        call.input({ type: 'stt_final', text, endOfUtterance: true });
        listen();
      }
      listen();
    }
  };
  const listen = (): void => {
    const asked = call.effects.slice(seen).filter(({ type }) => type === 'stt_flush');
    seen = call.effects.length;
    for (let count = 0; count < asked.length; count++) {
      const delayMs = delaysMs[flushes++ % delaysMs.length] ?? 0;
      // Answers come in the order of the flushes.
      const atMs = Math.max(nowMs + delayMs, answers.at(-1)?.atMs ?? 0);
      answers.push({ atMs, words });
      words = [];
    }
  };
  let speaks = false;
  let paused = false;
  for (const [word, { wordMs, silenceMs }] of spoken.entries()) {
    wait(60);
    if (!speaks) call.input({ type: 'speech_started', onsetMs: nowMs - 60 });
    else if (paused) call.input({ type: 'speech_resumed' });
    [speaks, paused] = [true, false];
    wait(wordMs);
    words.push(word);
    for (const [atMs, input] of [
      [80, { type: 'speech_paused', silenceMs: 80 }],
      [120, pause],
      [180, { ...end, lastSpeechMs: nowMs }],
    ] as const) {
      if (silenceMs < atMs) break;
      wait(atMs === 180 ? 60 : atMs === 120 ? 40 : 80);
      call.input(input);
      listen();
      if (atMs === 180) speaks = false;
      else paused = true;
    }
    wait(silenceMs % 80);
  }
  wait(60);
  if (speaks) {
    call.input({ ...end, lastSpeechMs: nowMs });
    listen();
  }
  wait(6000);
  const turns = new Map<number, string>();
  for (const effect of call.effects) {
    const text = textOf(effect);
    if (text) turns.set(text.turn, text.text);
  }
  return [...turns.values()].join(' ');
}

function textOf(effect: MachineEffect): { turn: number; text: string } | null {
  return effect.type === 'emit' && effect.event.type === 'transcript.final' ? effect.event : null;
}

describe('words between flushes', () => {
  const sentence = fc.array(
    fc.record({
      wordMs: fc.integer({ min: 10, max: 50 }).map((tens) => tens * 10),
      silenceMs: fc.constantFrom(20, 60, 80, 100, 120, 160, 180, 300, 700),
    }),
    { minLength: 1, maxLength: 12 },
  );

  it('are all in the turn, once and in order, however fast the recogniser is', () => {
    const delays = fc.array(fc.constantFrom(0, 20, 60, 100, 200, 350, 700), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sentence, delays, fc.boolean(), (spoken, delaysMs, flushesEarly) => {
        expect(said(spoken, delaysMs, flushesEarly)).toBe(spoken.map((_, index) => index).join(' '));
      }),
      { numRuns: 300 },
    );
  });
});
