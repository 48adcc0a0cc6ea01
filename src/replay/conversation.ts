/**
 * The caller's manners: says one recording after the other, each when the agent has finished, or, when told to, over the
 * agent's voice.
 */
import { audibleEnd } from '../audio/silence.js';
import { within, type Clock } from '../clock.js';
import type { Caller } from './caller.js';
import type { Recording } from './recordings.js';

/** How the caller waits. */
export interface Manners {
  /** Silence after which the agent counts as finished. @default 700 */
  readonly finishedAfterMs: number;
  /** How long a greeting may take to begin. @default 1500 */
  readonly greetingWithinMs: number;
  /** How long an answer may take to begin; then the caller goes on. @default 8000 */
  readonly answerWithinMs: number;
  /** Speak this long after the agent has begun, instead of waiting for its end; null for polite callers. */
  readonly bargeInMs: number | null;
}

export const defaultManners: Manners = {
  finishedAfterMs: 700,
  greetingWithinMs: 1500,
  answerWithinMs: 8000,
  bargeInMs: null,
};

/** What a conversation needs of the caller. */
export type Speaker = Pick<Caller, 'say' | 'playout' | 'ended'>;

/** What became of one recording. */
export interface SaidTurn {
  readonly name: string;
  /** False where the call ended before it was said to its end. */
  readonly said: boolean;
  /** Whether agent audio followed its last audible sample. */
  readonly answered: boolean;
}

/** What the conversation has to know about the agent's voice; `onAudio` of the caller's listener feeds it. */
export class AgentVoice {
  readonly #clock: Clock;
  #firstAudioMs: number | null = null;
  #lastAudioMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Audio arrived from the agent. */
  heard(): void {
    this.#lastAudioMs = this.#clock.nowMs();
    this.#firstAudioMs ??= this.#lastAudioMs;
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

/** How often the caller listens whether the agent has finished. */
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
  manners: Manners = defaultManners,
): Promise<SaidTurn[]> {
  const call = new Call(speaker, voice, clock, manners);
  const turns: SaidTurn[] = [];
  await call.untilTurn(manners.greetingWithinMs);
  for (const [index, recording] of recordings.entries()) {
    const { name } = recording;
    if (call.over) {
      turns.push({ name, said: false, answered: false });
      continue;
    }
    await call.say(recording);
    const said = !call.over;
    // After the last recording nobody waits to barge in; the answer is heard to its end.
    const answered =
      index < recordings.length - 1
        ? await call.untilTurn(manners.answerWithinMs)
        : await call.untilFinished();
    turns.push({ name, said, answered });
  }
  return turns;
}

class Call {
  over = false;
  readonly #speaker: Speaker;
  readonly #voice: AgentVoice;
  readonly #clock: Clock;
  readonly #manners: Manners;

  constructor(speaker: Speaker, voice: AgentVoice, clock: Clock, manners: Manners) {
    this.#speaker = speaker;
    this.#voice = voice;
    this.#clock = clock;
    this.#manners = manners;
    void speaker.ended.then(() => {
      this.over = true;
    });
  }

  /** Says a recording to its end; what the agent says from its last audible sample on counts as the answer. */
  async say({ samples, sampleRateHz }: Recording): Promise<void> {
    // The rest of an answer that the caller talks over must not pass for the answer to what is being said.
    const lastWordMs = (audibleEnd(samples, sampleRateHz) / sampleRateHz) * 1000;
    const lastWord = this.#clock.setTimer(lastWordMs, () => this.#voice.restart());
    await this.#speaker.say(samples);
    lastWord.cancel();
  }

  /** Waits until the caller may speak. Resolves with whether the agent has begun to. */
  async untilTurn(withinMs: number): Promise<boolean> {
    const { bargeInMs } = this.#manners;
    const began = await this.#until(() => this.#voice.beganMs !== null, withinMs);
    if (!began) return false;
    if (bargeInMs === null) await this.#untilSilent();
    else
      await this.#until(
        () => this.#sinceBeginMs() >= bargeInMs || this.#silentMs() >= this.#manners.finishedAfterMs,
      );
    return true;
  }

  /** Waits for the end of the answer. Resolves with whether there was one. */
  async untilFinished(): Promise<boolean> {
    const began = await this.#until(() => this.#voice.beganMs !== null, this.#manners.answerWithinMs);
    if (began) await this.#untilSilent();
    return began;
  }

  #untilSilent(): Promise<boolean> {
    return this.#until(() => this.#silentMs() >= this.#manners.finishedAfterMs);
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
