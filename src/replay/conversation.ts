/**
 * The caller's side of a conversation: says one recording after the other, each when the agent has finished, or as a
 * barge-in.
 */
import { audibleEnd } from '../audio/silence.js';
import { within, type Clock } from '../core/clock.js';
import type { SessionEvent } from '../events/session-event.js';
import type { Caller } from './caller.js';
import type { Recording } from './recordings.js';

/** How the caller waits. */
export interface CallerBehaviour {
  /** Silence after which the agent counts as finished. @default 700 */
  readonly finishedAfterMs: number;
  /** How long a greeting may take to begin. @default 1500 */
  readonly greetingWithinMs: number;
  /** How long an answer may take to begin; then the caller continues. @default 8000 */
  readonly answerWithinMs: number;
  /**
   * How long the agent may be silent within its turn, for example after a filler; then the caller continues. @default
   * 30000
   */
  readonly turnEndsWithinMs: number;
  /** Barge in this long after the agent has begun to speak; null waits for its end. */
  readonly bargeInMs: number | null;
}

export const defaultCallerBehaviour: CallerBehaviour = {
  finishedAfterMs: 700,
  greetingWithinMs: 1500,
  answerWithinMs: 8000,
  turnEndsWithinMs: 30_000,
  bargeInMs: null,
};

/** The part of a caller that a conversation uses. */
export type Speaker = Pick<Caller, 'say' | 'playout' | 'ended'>;

/** The outcome of one recording. */
export interface SaidTurn {
  readonly name: string;
  /** False if the call ended before all of it was played. */
  readonly said: boolean;
  /**
   * Whether agent audio followed its last audible sample, and the agent's turn ended in time. What the agent was saying
   * before, and resumed since it heard no words, is no answer.
   */
  readonly answered: boolean;
}

type NotedEvent =
  | Pick<SessionEvent<'agent.resumed'>, 'type' | 'turn' | 'reason'>
  | { readonly type: Exclude<SessionEvent['type'], 'agent.resumed'>; readonly turn: number };

/**
 * Tracks whether the agent is speaking. Fed by the `onAudio` of the caller's listener, and by the session's events if
 * there are any.
 */
export class AgentVoice {
  readonly #clock: Clock;
  #firstAudioMs: number | null = null;
  #lastAudioMs: number | null = null;
  /** The turns in progress. */
  readonly #openTurns = new Set<number>();
  /** Turns that were in progress when the caller last began to speak. */
  #formerTurns: ReadonlySet<number> = new Set();
  #isFormerResumed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call when audio has arrived from the agent. */
  heard(): void {
    this.#lastAudioMs = this.#clock.nowMs();
    this.#firstAudioMs ??= this.#lastAudioMs;
  }

  /** Call with each event of the session. */
  note(event: NotedEvent): void {
    const { type, turn } = event;
    if (type === 'agent.resumed')
      this.#isFormerResumed = event.reason === 'no_words' && this.#formerTurns.has(turn);
    else if (type === 'turn.start' || type === 'turn.continued') this.#isFormerResumed = false;
    if (type === 'turn.start') this.#openTurns.add(turn);
    else if (type === 'turn.end') this.#openTurns.delete(turn);
    else if (type === 'session.end') this.#openTurns.clear();
  }

  /** Call when the caller begins to speak. */
  callerBegins(): void {
    this.#formerTurns = new Set(this.#openTurns);
    this.#isFormerResumed = false;
  }

  /** Whether the agent did nothing since then but go on with a turn that it had begun before, since it heard no words. */
  get wentOnUnheeding(): boolean {
    return this.#isFormerResumed;
  }

  /** Whether the agent's turn is in progress. It may be silent, while the model or a tool works. */
  get isTurnOpen(): boolean {
    return this.#openTurns.size > 0;
  }

  /** Forgets what came before; the next audio counts as the beginning. */
  restart(): void {
    this.#firstAudioMs = null;
    this.#lastAudioMs = null;
  }

  /** When audio first arrived since the restart. */
  get beganMs(): number | null {
    return this.#firstAudioMs;
  }
}

/** How often the caller checks whether the agent has finished. */
const listenEveryMs = 20;

/**
 * Holds the conversation on an answered call: every recording in turn, then the answer to the last one. Resolves when
 * that is done or the call has ended; does not hang up.
 */
export async function holdConversation(
  speaker: Speaker,
  voice: AgentVoice,
  recordings: readonly Recording[],
  clock: Clock,
  behaviour: CallerBehaviour = defaultCallerBehaviour,
): Promise<SaidTurn[]> {
  const call = new Call(speaker, voice, clock, behaviour);
  const turns: SaidTurn[] = [];
  await call.untilTurn(behaviour.greetingWithinMs);
  for (const [index, recording] of recordings.entries()) {
    const { name } = recording;
    if (call.over) {
      turns.push({ name, said: false, answered: false });
      continue;
    }
    await call.say(recording);
    const said = !call.over;
    // After the last recording there is no barge-in: hear the answer to its end.
    const answered =
      index < recordings.length - 1
        ? await call.untilTurn(behaviour.answerWithinMs)
        : await call.untilFinished();
    turns.push({ name, said, answered: answered && !voice.wentOnUnheeding });
  }
  return turns;
}

class Call {
  over = false;
  readonly #speaker: Speaker;
  readonly #voice: AgentVoice;
  readonly #clock: Clock;
  readonly #behaviour: CallerBehaviour;

  constructor(speaker: Speaker, voice: AgentVoice, clock: Clock, behaviour: CallerBehaviour) {
    this.#speaker = speaker;
    this.#voice = voice;
    this.#clock = clock;
    this.#behaviour = behaviour;
    void speaker.ended.then(() => {
      this.over = true;
    });
  }

  /** Plays a recording to its end. Agent audio after its last audible sample counts as the answer. */
  async say({ samples, sampleRateHz }: Recording): Promise<void> {
    // The rest of an interrupted answer must not count as the answer to this recording.
    const lastWordMs = (audibleEnd(samples, sampleRateHz) / sampleRateHz) * 1000;
    this.#voice.callerBegins();
    const lastWord = this.#clock.setTimer(lastWordMs, () => this.#voice.restart());
    await this.#speaker.say(samples);
    lastWord.cancel();
  }

  /** Waits until the caller may speak. Resolves with whether the agent has begun to speak. */
  async untilTurn(withinMs: number): Promise<boolean> {
    const { bargeInMs } = this.#behaviour;
    const began = await this.#until(() => this.#voice.beganMs !== null, withinMs);
    if (!began) return false;
    if (bargeInMs === null) return this.#untilTurnEnd();
    await this.#until(
      () => this.#sinceBeginMs() >= bargeInMs || this.#silentMs() >= this.#behaviour.finishedAfterMs,
    );
    return true;
  }

  /** Waits for the end of the answer. Resolves with whether there was one. */
  async untilFinished(): Promise<boolean> {
    const began = await this.#until(() => this.#voice.beganMs !== null, this.#behaviour.answerWithinMs);
    return began && (await this.#untilTurnEnd());
  }

  /** Waits until the agent has finished; resolves with false if its turn continues in silence for too long. */
  async #untilTurnEnd(): Promise<boolean> {
    const { finishedAfterMs, turnEndsWithinMs } = this.#behaviour;
    const isSilent = (): boolean => this.#silentMs() >= finishedAfterMs;
    const isOver = (): boolean => this.#silentMs() >= turnEndsWithinMs;
    await this.#until(() => isSilent() && (!this.#voice.isTurnOpen || isOver()));
    return this.over || !this.#voice.isTurnOpen || !isOver();
  }

  #silentMs(): number {
    const { idleSinceMs } = this.#speaker.playout;
    return idleSinceMs === null ? 0 : this.#clock.nowMs() - idleSinceMs;
  }

  #sinceBeginMs(): number {
    return this.#clock.nowMs() - (this.#voice.beganMs ?? this.#clock.nowMs());
  }

  /** Resolves true when the condition holds, false when the time is up or the call is over. */
  async #until(condition: () => boolean, withinMs = Infinity): Promise<boolean> {
    const startMs = this.#clock.nowMs();
    while (!this.over) {
      if (condition()) return true;
      if (this.#clock.nowMs() - startMs >= withinMs) return false;
      await within(this.#clock, listenEveryMs, this.#speaker.ended);
    }
    return false;
  }
}
