/** Drives the state machine through a conversation on its own clock. */
import { initialState, type MachineTraits } from '#src/session/turn-taking/machine-state.js';
import type { MachineEffect, MachineInput, MachineState } from '#src/session/turn-taking/session-state.js';
import { transition } from '#src/session/turn-taking/state-machine.js';
import { defaultTurnTaking, type TurnTaking } from '#src/session/turn-taking/turn-taking.js';

type Untimed<T> = T extends unknown ? Omit<T, 'atMs'> : never;

/** An input without its time, which the conversation adds. */
export type UntimedInput = Untimed<MachineInput>;

interface ConversationOptions extends Required<MachineTraits> {
  /** @default false */
  readonly greets: boolean;
}

/** Drives the machine and records its effects. Throws if a step changes an earlier state, which a trace may hold. */
export class MachineConversation {
  state: MachineState;
  effects: MachineEffect[] = [];
  readonly #timers = new Map<string, number>();
  readonly #turnTaking: TurnTaking;
  #nowMs = 0;

  constructor({
    managed = true,
    flushesEarly = false,
    speculation = null,
    greets = false,
    ...turnTaking
  }: Partial<TurnTaking & ConversationOptions> = {}) {
    this.#turnTaking = { ...defaultTurnTaking, ...turnTaking };
    this.state = initialState({ managed, flushesEarly, speculation });
    this.input({ type: 'connected', greets });
  }

  /** Moves time on and fires the timers that fall due. */
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

  input(input: UntimedInput): this {
    const timed = frozen({ ...input, atMs: this.#nowMs });
    const { state, effects } = frozen(transition(this.state, timed, this.#turnTaking));
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'set_timer') this.#timers.set(effect.timer, effect.atMs);
      if (effect.type === 'cancel_timer') this.#timers.delete(effect.timer);
    }
    this.effects.push(...effects);
    return this;
  }

  /** The caller speaks for 600 ms; the end is detected after the usual silence, and the final arrives at once. */
  says(text: string): this {
    return this.startsToSpeak()
      .wait(600)
      .stopsSpeaking()
      .input({ type: 'stt_final', text, endOfUtterance: true });
  }

  /** The detector reports 60 ms of speech. */
  startsToSpeak(): this {
    return this.input({ type: 'speech_started', onsetMs: this.#nowMs - 60 });
  }

  /** The silence that ends speech passes. */
  stopsSpeaking(): this {
    return this.wait(180).input({ type: 'speech_ended', lastSpeechMs: this.#nowMs - 180 });
  }

  /** The recogniser's partials, 60 ms apart. */
  partials(...texts: string[]): this {
    for (const text of texts) this.wait(60).input({ type: 'stt_partial', text });
    return this;
  }

  /** The open turn's audio is ready and becomes audible. */
  answerPlays(): this {
    const turn = this.state.agent?.turn ?? -1;
    return this.wait(50).input({ type: 'audio_ready', turn, speechLikely: false }).wait(500);
  }

  playedOut(heardText = ''): this {
    return this.input({ type: 'played_out', turn: this.state.agent?.turn ?? -1, heardText });
  }

  cutDone(heardText: string): this {
    return this.input({ type: 'cut_done', turn: this.state.agent?.turn ?? -1, heardText, heard: 'measured' });
  }

  /** The effects since the last call, without timers and recogniser. */
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
          return [
            `start_turn ${effect.turn.turn}${effect.again ? ' again' : ''}${effect.adopts ? ' adopts' : ''}`,
          ];
        case 'end_turn':
          return [`end_turn ${effect.turn}${effect.aborted ? ` ${effect.aborted}` : ''}`];
        case 'speculate':
          return [`speculate ${effect.turn} '${effect.text}'`];
        case 'drop_speculation':
          return [`drop_speculation ${effect.reason}`];
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

/** The same data; whatever changes it from now on throws. */
function frozen<T>(data: T): T {
  if (typeof data !== 'object' || data === null || Object.isFrozen(data)) return data;
  Object.freeze(data);
  for (const part of Object.values(data)) frozen<unknown>(part);
  return data;
}
