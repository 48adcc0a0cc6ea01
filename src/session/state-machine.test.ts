import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeState, initialState } from './machine-state.js';
import type { MachineEffect, MachineInput, MachineState } from './session-state.js';
import { transition } from './state-machine.js';
import { defaultTurnTaking } from './turn-taking.js';

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;

/** Drives the machine and keeps what it did. */
class Conversation {
  state: MachineState;
  effects: MachineEffect[] = [];
  readonly #timers = new Map<string, number>();
  #nowMs = 0;

  constructor({ managed = true, greets = false } = {}) {
    this.state = initialState(managed);
    this.input({ type: 'connected', greets });
  }

  /** Moves time on, firing what falls due. */
  wait(ms: number, speechLikely = false): this {
    const target = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, at]) => at <= target).sort((a, b) => a[1] - b[1])[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#nowMs = Math.max(this.#nowMs, due[1]);
      this.input({ type: 'timer', timer: due[0] as never, speechLikely });
    }
    this.#nowMs = target;
    return this;
  }

  input(input: WithoutTime<MachineInput>): this {
    const { state, effects } = transition(this.state, { ...input, atMs: this.#nowMs }, defaultTurnTaking);
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'set_timer') this.#timers.set(effect.timer, effect.atMs);
      if (effect.type === 'cancel_timer') this.#timers.delete(effect.timer);
    }
    this.effects.push(...effects);
    return this;
  }

  /** The caller speaks for 600 ms; the end is noticed after the usual silence, and the final comes at once. */
  says(text: string): this {
    return this.startsToSpeak()
      .wait(600)
      .stopsSpeaking()
      .input({ type: 'stt_final', text, endOfUtterance: true });
  }

  startsToSpeak(): this {
    return this.input({ type: 'speech_started', onsetMs: this.#nowMs - 60 });
  }

  stopsSpeaking(): this {
    return this.wait(180).input({ type: 'speech_ended', lastSpeechMs: this.#nowMs - 180 });
  }

  partials(...texts: string[]): this {
    for (const text of texts) this.wait(60).input({ type: 'stt_partial', text });
    return this;
  }

  /** The open turn's audio is ready and becomes audible. */
  answerPlays(): this {
    const turn = this.state.agent?.turn ?? -1;
    return this.wait(50).input({ type: 'audio_ready', turn, speechLikely: false }).wait(500);
  }

  playedOut(): this {
    return this.input({ type: 'played_out', turn: this.state.agent?.turn ?? -1 });
  }

  cutDone(heardText: string): this {
    return this.input({ type: 'cut_done', turn: this.state.agent?.turn ?? -1, heardText, heard: 'measured' });
  }

  /** What was done since the last look, timers and recogniser left out. */
  log(): string[] {
    const lines = this.effects.flatMap((effect): string[] => {
      switch (effect.type) {
        case 'emit': {
          const { event } = effect;
          const text = 'text' in event ? ` '${event.text}'` : '';
          return [`${event.type} ${event.turn}${text}`];
        }
        case 'set_timer':
        case 'cancel_timer':
        case 'stt_flush':
        case 'stt_speech_started':
          return [];
        case 'start_turn':
          return [`start_turn ${effect.turn.turn}${effect.again ? ' again' : ''}`];
        case 'end_turn':
          return [`end_turn ${effect.turn}${effect.aborted ? ` ${effect.aborted}` : ''}`];
        case 'end_session':
          return [`end_session ${effect.reason}`];
        default:
          return [`${effect.type} ${effect.turn}`];
      }
    });
    this.effects = [];
    return lines;
  }
}

describe('a caller turn', () => {
  it('is committed when the recogniser answers the flush, and the answer is started', () => {
    const call = new Conversation().says('book my appointment');
    expect(call.log()).toEqual([
      'speech.start 1',
      'speech.end 1',
      "transcript.final 1 'book my appointment'",
      "turn.start 1 'book my appointment'",
      'start_turn 1',
    ]);
    expect(describeState(call.state)).toBe('thinking');
  });

  it('takes the partial when the final does not come in time, and ignores the late final', () => {
    const call = new Conversation().startsToSpeak().partials('book', 'book it').stopsSpeaking().wait(400);
    expect(call.log()).toContain("transcript.final 1 'book it'");
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).toEqual([]);
  });

  it('does not let a late final spoil the next utterance', () => {
    const call = new Conversation()
      .startsToSpeak()
      .partials('yes')
      .stopsSpeaking()
      .wait(400)
      .answerPlays()
      .playedOut();
    call.log();
    call.startsToSpeak().input({ type: 'stt_final', text: 'yes', endOfUtterance: true });
    call.wait(300).stopsSpeaking().input({ type: 'stt_final', text: 'on friday', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 2 'on friday'");
  });

  it('waits longer after an unfinished phrase and joins what follows', () => {
    const call = new Conversation().says('i would like to book an appointment for');
    expect(call.log()).toEqual(['speech.start 1', 'speech.end 1']);
    call.wait(700).says('friday at three').wait(1500);
    expect(call.log()).toContain(
      "transcript.final 1 'i would like to book an appointment for friday at three'",
    );
  });

  it('commits an unfinished phrase in the end', () => {
    const call = new Conversation().says('i want to book a').wait(1300);
    expect(call.log()).toContain("transcript.final 1 'i want to book a'");
  });

  it('is typed without any speech', () => {
    const call = new Conversation().input({ type: 'typed', text: 'cancel it' });
    expect(call.log()).toEqual([
      "transcript.final 1 'cancel it'",
      "turn.start 1 'cancel it'",
      'start_turn 1',
    ]);
  });
});

describe('a recogniser that is late or eager', () => {
  it('corrects the words of a turn that waits to be committed', () => {
    const call = new Conversation()
      .startsToSpeak()
      .partials('book', 'book a point for')
      .stopsSpeaking()
      .wait(450);
    call.input({ type: 'stt_final', text: 'book an appointment for', endOfUtterance: true }).wait(1500);
    expect(call.log()).toContain("transcript.final 1 'book an appointment for'");
  });

  it('does not answer the second flush with the first final', () => {
    const call = new Conversation().startsToSpeak().partials('on a', 'on a').stopsSpeaking().wait(400);
    call.startsToSpeak().wait(300).stopsSpeaking();
    call.input({ type: 'stt_final', text: 'on a', endOfUtterance: true });
    call.input({ type: 'stt_final', text: 'friday', endOfUtterance: true }).wait(1500);
    expect(call.log().filter((line) => line.startsWith('transcript.final'))).toEqual([
      "transcript.final 1 'on a friday'",
    ]);
  });

  it('is waited for where not a word is known, before the caller is asked to repeat', () => {
    const call = new Conversation().startsToSpeak().wait(600).stopsSpeaking().wait(900);
    expect(call.state.agent).toBeNull();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book it'");
  });

  it('is heard in place of a request to repeat that nobody has heard', () => {
    const call = new Conversation().startsToSpeak().wait(600).stopsSpeaking().wait(1100);
    expect(call.state.agent).toMatchObject({ kind: 'sorry', phase: 'generating' });
    call.log();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).toEqual([
      'drop_answer 1',
      'end_turn 1 superseded',
      "transcript.final 2 'book it'",
      "turn.start 2 'book it'",
      'start_turn 2',
    ]);
    expect(call.state.agent?.timing).toEqual({ mouthMs: 600, vadEndMs: 780, sttFinalMs: 1880 });
  });

  it('cuts a request to repeat that is audible already', () => {
    const call = new Conversation().startsToSpeak().wait(600).stopsSpeaking().wait(1100).answerPlays();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true }).cutDone('Sorry,');
    expect(call.log()).toContain("transcript.final 2 'book it'");
  });

  it('may bring its late words in segments', () => {
    const call = new Conversation().startsToSpeak().wait(600).stopsSpeaking().wait(1100);
    call.input({ type: 'stt_final', text: 'book', endOfUtterance: false });
    call.input({ type: 'stt_final', text: 'it', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 2 'book it'");
  });

  it('continues the utterance of a caller who has gone on meanwhile', () => {
    const call = new Conversation().startsToSpeak().wait(600).stopsSpeaking().wait(700).startsToSpeak();
    call.wait(700).input({ type: 'stt_final', text: 'book an appointment for', endOfUtterance: true });
    call.stopsSpeaking().input({ type: 'stt_final', text: 'friday at three', endOfUtterance: true });
    expect(call.log().filter((line) => line.startsWith('transcript.final'))).toEqual([
      "transcript.final 1 'book an appointment for friday at three'",
    ]);
  });

  it('owes an answer to each of two flushes, however close they are', () => {
    const call = new Conversation().startsToSpeak().wait(600).stopsSpeaking();
    call.wait(50).startsToSpeak().wait(100).stopsSpeaking();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    call.input({ type: 'stt_final', text: 'please', endOfUtterance: true });
    expect(call.log().filter((line) => line.startsWith('transcript.final'))).toEqual([
      "transcript.final 1 'book it please'",
    ]);
  });

  it('does not double what one guess took for two answers, nor lose what it did not', () => {
    const guessing = (...late: string[]): string | undefined => {
      const call = new Conversation().startsToSpeak().wait(600).stopsSpeaking();
      call.wait(50).startsToSpeak().partials('book it', 'book it for').stopsSpeaking().wait(500);
      for (const text of late) call.input({ type: 'stt_final', text, endOfUtterance: true });
      return call
        .wait(1500)
        .log()
        .filter((line) => line.startsWith('transcript.final'))
        .at(-1);
    };
    expect(guessing('book it', 'for')).toBe("transcript.final 1 'book it for'");
    expect(guessing('please', 'book it for')).toBe("transcript.final 1 'book it for please'");
  });

  it('corrects a committed turn of whose answer nothing was heard, and only then', () => {
    const early = new Conversation().startsToSpeak().partials('book').stopsSpeaking().wait(400);
    early.log();
    early.input({ type: 'stt_final', text: 'Book it for Friday', endOfUtterance: true });
    expect(early.log()).toEqual([
      'drop_answer 1',
      "turn.continued 1 'book'",
      "transcript.final 1 'Book it for Friday'",
      "turn.start 1 'Book it for Friday'",
      'start_turn 1 again',
    ]);
    const heard = new Conversation().startsToSpeak().partials('book').stopsSpeaking().wait(400).answerPlays();
    heard.log();
    heard.input({ type: 'stt_final', text: 'Book it for Friday', endOfUtterance: true });
    expect(heard.log()).toEqual([]);
  });

  it('does not double words that were merely written otherwise', () => {
    const call = new Conversation().startsToSpeak().partials('book it').stopsSpeaking().wait(400);
    call.log();
    call.input({ type: 'stt_final', text: 'Book it.', endOfUtterance: true });
    expect(call.log()).toEqual([]);
  });

  it('may give segments while the caller still speaks; the mouth is the end of the speech', () => {
    const call = new Conversation().startsToSpeak().wait(500);
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: false }).wait(400).stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.state.agent?.timing).toEqual({ mouthMs: 900, vadEndMs: 1080, sttFinalMs: 1080 });
  });

  it('may hear words where the detector hears none; they are committed when no more come', () => {
    const call = new Conversation().partials('hello', 'hello there').wait(400);
    expect(call.log()).toContain("transcript.final 1 'hello there'");
  });

  it('keeps a word that is said twice', () => {
    const call = new Conversation().says('friday').wait(100).says('friday');
    expect(call.log()).toContain("transcript.final 1 'friday friday'");
  });
});

describe('an answer that is not yet audible', () => {
  it('is held until the caller has been silent for long enough', () => {
    const call = new Conversation().says('book my appointment');
    call.log();
    call.wait(40).input({ type: 'audio_ready', turn: 1, speechLikely: false });
    expect(call.log()).toEqual([]);
    call.wait(500);
    expect(call.log()).toEqual(['release_audio 1', 'tts.audio_start 1']);
  });

  it('waits while the detector sees something that may become speech', () => {
    const call = new Conversation()
      .says('book my appointment')
      .input({ type: 'audio_ready', turn: 1, speechLikely: false });
    call.log();
    call.wait(400, true);
    expect(call.log()).toEqual([]);
    call.wait(20);
    expect(call.log()).toEqual(['release_audio 1', 'tts.audio_start 1']);
  });

  it('is dropped when the caller goes on, and the turn is committed again with all the words', () => {
    const call = new Conversation().says('i would like to book an appointment');
    call.input({ type: 'audio_ready', turn: 1, speechLikely: false }).wait(220);
    call.log();
    call.says('for friday at three');
    expect(call.log()).toEqual([
      'speech.start 1',
      'speech.end 1',
      'drop_answer 1',
      "turn.continued 1 'i would like to book an appointment'",
      "transcript.final 1 'i would like to book an appointment for friday at three'",
      "turn.start 1 'i would like to book an appointment for friday at three'",
      'start_turn 1 again',
    ]);
  });

  it('is not held back for ever by a sound that never becomes speech', () => {
    const call = new Conversation().says('book my appointment');
    call.input({ type: 'audio_ready', turn: 1, speechLikely: false }).wait(600, true);
    expect(call.log().slice(-2)).toEqual(['release_audio 1', 'tts.audio_start 1']);
  });

  it('survives a noise: it is held while the noise lasts and comes out afterwards', () => {
    const call = new Conversation()
      .says('book my appointment')
      .input({ type: 'audio_ready', turn: 1, speechLikely: false });
    call.log();
    call.wait(200).startsToSpeak().wait(300).stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log()).toEqual(['speech.start 1', 'speech.end 1', 'release_audio 1', 'tts.audio_start 1']);
  });

  it('is given again when the words that revoked it are taken back', () => {
    const call = new Conversation().says('book my appointment');
    call.log();
    call.startsToSpeak().partials('no not', 'no not that').stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book my appointment'");
    expect(call.state.agent?.phase).toBe('generating');
  });
});

describe('barge-in', () => {
  const talking = (): Conversation => {
    const call = new Conversation().says('book my appointment').answerPlays();
    call.log();
    return call;
  };

  it('pauses at once and interrupts on two words that stand in two partials', () => {
    const call = talking().startsToSpeak();
    expect(call.log()).toEqual(['speech.start 2', 'pause_playout 1', 'agent.paused 1']);
    call.partials('no');
    call.partials('no wait');
    expect(call.log()).toEqual(["transcript.partial 2 'no'", "transcript.partial 2 'no wait'"]);
    call.partials('no wait please');
    expect(call.log()).toEqual(["transcript.partial 2 'no wait please'", 'cut_playout 1']);
    call.cutDone('Sure, what');
    expect(call.log()).toEqual(['agent.interrupted 1', 'tts.audio_end 1', 'end_turn 1 interrupted']);
  });

  it('commits the interrupting words after the interrupted turn has ended', () => {
    const call = talking().says('cancel it');
    expect(call.log().at(-1)).toBe('cut_playout 1');
    call.cutDone('Sure');
    expect(call.log()).toEqual([
      'agent.interrupted 1',
      'tts.audio_end 1',
      'end_turn 1 interrupted',
      "transcript.final 2 'cancel it'",
      "turn.start 2 'cancel it'",
      'start_turn 2',
    ]);
  });

  it.each(['uh huh', 'um hum', 'mhm uh huh'])('goes on after %p, which makes no turn', (backchannel) => {
    const call = talking().says(backchannel);
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
    expect(call.state.nextTurn).toBe(2);
  });

  it('goes on after a noise', () => {
    const call = talking().says('');
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
  });

  it('goes on when two seconds bring no words, and gives way when words come later', () => {
    const call = talking().startsToSpeak().wait(2000);
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
    call.partials('stop it', 'stop it now');
    expect(call.log()).toContain('cut_playout 1');
  });

  it('is not confirmed by one word that noise put there and took back', () => {
    const call = talking().startsToSpeak().partials('yes', 'i').stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
  });

  it('that comes with the very end of the answer leaves nothing paused', () => {
    const call = talking().startsToSpeak();
    call.log();
    call.playedOut();
    expect(call.log()).toEqual(['resume_playout 1', 'tts.audio_end 1', 'end_turn 1']);
  });

  it('works during the greeting', () => {
    const call = new Conversation({ greets: true });
    call.input({ type: 'audio_ready', turn: 0, speechLikely: false });
    call.log();
    call.says('cancel my appointment').cutDone('Hello');
    expect(call.log()).toEqual([
      'speech.start 1',
      'pause_playout 0',
      'agent.paused 0',
      'speech.end 1',
      'cut_playout 0',
      'agent.interrupted 0',
      'tts.audio_end 0',
      'end_turn 0 interrupted',
      "transcript.final 1 'cancel my appointment'",
      "turn.start 1 'cancel my appointment'",
      'start_turn 1',
    ]);
  });

  it('can be ordered by the user', () => {
    const call = talking().input({ type: 'interrupt' }).cutDone('Sure');
    expect(call.log()).toEqual([
      'cut_playout 1',
      'agent.interrupted 1',
      'tts.audio_end 1',
      'end_turn 1 interrupted',
    ]);
  });
});

describe('speech without words', () => {
  it('is asked for again twice, then no more until the caller was understood', () => {
    const call = new Conversation();
    for (const prompts of [1, 2, 2]) {
      call.says('');
      expect(call.state.sorryPrompts).toBe(prompts);
      if (call.state.agent) call.answerPlays().playedOut();
    }
    call.says('book my appointment');
    expect(call.state.sorryPrompts).toBe(0);
  });

  it('is ignored when it was short', () => {
    const call = new Conversation().startsToSpeak().wait(200).stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.state.agent).toBeNull();
  });
});

describe('a session that the user drives', () => {
  it('waits for the user and speaks as the answer to the open turn', () => {
    const call = new Conversation({ managed: false }).says('book my appointment');
    expect(call.state.agent?.phase).toBe('awaiting');
    call.log();
    call.input({ type: 'speak' });
    expect(call.log()).toEqual(['speak_now 1']);
  });

  it('ends a turn that nobody answered when the next one comes', () => {
    const call = new Conversation({ managed: false }).says('book my appointment').wait(3000);
    call.log();
    call.says('hello');
    expect(call.log()).toContain('end_turn 1');
    expect(call.state.agent?.turn).toBe(2);
  });

  it('continues the turn when the caller goes on at once', () => {
    const call = new Conversation({ managed: false }).says('i would like to book an appointment').wait(200);
    call.says('for friday');
    expect(call.log()).toContain("transcript.final 1 'i would like to book an appointment for friday'");
  });

  it('gives way when the caller’s words are committed while it speaks late', () => {
    const call = new Conversation({ managed: false }).says('book it').wait(2000).says('it is for my');
    call.input({ type: 'speak' }).input({ type: 'audio_ready', turn: 1, speechLikely: false });
    call.log();
    call.wait(1300);
    expect(call.log()).toEqual(['cut_playout 1']);
    call.cutDone('');
    expect(call.log()).toContain("transcript.final 2 'it is for my'");
  });

  it('speaks unprompted as a turn of its own', () => {
    const call = new Conversation({ managed: false }).input({ type: 'speak' });
    expect(call.log()).toEqual(["turn.start 1 ''", 'start_turn 1', 'speak_now 1']);
  });
});

describe('the end', () => {
  it('closes an audible turn before the session', () => {
    const call = new Conversation().says('book my appointment').answerPlays();
    call.log();
    call.input({ type: 'end', reason: 'hangup' });
    expect(call.log()).toEqual(['tts.audio_end 1', 'end_turn 1 hangup', 'end_session hangup']);
  });

  it('comes after the farewell when the model wants to hang up', () => {
    const call = new Conversation().says('goodbye').answerPlays();
    call.input({ type: 'output_finished', turn: 1, failed: false, endsCall: true });
    call.log();
    call.playedOut();
    expect(call.log()).toEqual(['tts.audio_end 1', 'end_turn 1', 'end_session completed']);
  });

  it('comes once, whatever is said afterwards', () => {
    const call = new Conversation().input({ type: 'end', reason: 'ended' });
    call.log();
    call.input({ type: 'end', reason: 'hangup' }).says('hello').input({ type: 'speak' });
    expect(call.log()).toEqual([]);
  });
});

describe('whatever comes in whatever order', () => {
  const turn = fc.integer({ min: 0, max: 4 });
  const text = fc.constantFrom('', 'uh huh', 'yes', 'book my appointment', 'i want to', 'five five');
  const anyInput: fc.Arbitrary<WithoutTime<MachineInput>> = fc.oneof(
    fc.record({ type: fc.constant('speech_started' as const), onsetMs: fc.constant(0) }),
    fc.record({ type: fc.constant('speech_ended' as const), lastSpeechMs: fc.constant(0) }),
    fc.record({ type: fc.constant('stt_partial' as const), text }),
    fc.record({ type: fc.constant('stt_final' as const), text, endOfUtterance: fc.boolean() }),
    fc.record({ type: fc.constant('typed' as const), text }),
    fc.record({ type: fc.constant('audio_ready' as const), turn, speechLikely: fc.boolean() }),
    fc.record({
      type: fc.constant('nothing_to_play' as const),
      turn,
      failed: fc.boolean(),
      endsCall: fc.boolean(),
    }),
    fc.record({
      type: fc.constant('output_finished' as const),
      turn,
      failed: fc.boolean(),
      endsCall: fc.boolean(),
    }),
    fc.record({ type: fc.constant('played_out' as const), turn }),
    fc.record({
      type: fc.constant('cut_done' as const),
      turn,
      heardText: fc.constant('x'),
      heard: fc.constant('measured' as const),
    }),
    fc.record({ type: fc.constant('speak' as const) }),
    fc.record({ type: fc.constant('interrupt' as const) }),
  );

  it('every audio_start has exactly one audio_end, every opened turn one end, and the session end is last', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.tuple(anyInput, fc.integer({ min: 0, max: 900 })), { maxLength: 60 }),
        (managed, inputs) => {
          const call = new Conversation({ managed, greets: true });
          for (const [input, ms] of inputs) call.input(input).wait(ms);
          call.input({ type: 'end', reason: 'hangup' });
          const audible = new Map<number, number>();
          const open = new Set<number>();
          for (const effect of call.effects) {
            if (effect.type === 'start_turn') open.add(effect.turn.turn);
            if (effect.type === 'end_turn') expect(open.delete(effect.turn)).toBe(true);
            if (effect.type !== 'emit') continue;
            const { type, turn: number } = effect.event;
            if (type === 'tts.audio_start') audible.set(number, (audible.get(number) ?? 0) + 1);
            if (type === 'tts.audio_end') audible.set(number, (audible.get(number) ?? 0) - 1);
            if (type === 'agent.paused' || type === 'agent.resumed') expect(audible.get(number)).toBe(1);
          }
          expect([...audible.values()].every((count) => count === 0)).toBe(true);
          expect(open.size).toBe(0);
          expect(call.effects.at(-1)?.type).toBe('end_session');
        },
      ),
      { numRuns: 500 },
    );
  });
});
