import type { Timer } from '../../core/clock.js';
import { SimulatedListener } from './simulated-listener.js';

type TurnEvent = 'Update' | 'StartOfTurn' | 'EagerEndOfTurn' | 'TurnResumed' | 'EndOfTurn';

/** Flux closes a connection after this time without audio or pings. */
const idleMs = 60_000;

/** The v2 wire: turns. Each message of a turn repeats the whole transcript of the turn. */
export class SimulatedFlux extends SimulatedListener {
  #sequence = 0;
  #turn = 0;
  #turnHasBegun = false;
  /** Whether the turn was said to end soon. */
  #isEager = false;
  #idle: Timer | null = null;

  /** The first message on this wire. */
  greet(): void {
    this.options.wire.send({
      type: 'Connected',
      request_id: 'simulated',
      sequence_id: this.#sequence++,
    });
    this.heardSomething();
  }

  override heardSomething(): void {
    this.#idle?.cancel();
    this.#idle = this.after(idleMs, () => {
      this.options.onProblem('No audio or ping arrived for sixty seconds.');
      this.options.wire.close(1011, 'NET-0004: nothing came within the timeout window');
    });
  }

  override pinged(): void {
    this.heardSomething();
  }

  obey(type: string): void {
    const knows = type !== 'ForceEndTurn' || this.options.manners.forceEndTurn === 'enabled';
    switch (knows ? type : 'unknown') {
      case 'ForceEndTurn':
        return this.#forceEndTurn(this.positionSec);
      case 'CloseStream':
        return this.whenKnown(0, () => {
          this.#endTurn(this.positionSec, 'model');
          this.options.wire.close(1000);
        });
      default:
        if (knows) this.options.onProblem(`There is no message ${type} on this wire.`);
        this.options.wire.send({
          type: 'Error',
          sequence_id: this.#sequence++,
          code: 'UNPARSABLE_CLIENT_MESSAGE',
          description: `Unknown message type ${type}.`,
        });
        this.options.wire.close(1011, 'UNPARSABLE_CLIENT_MESSAGE');
    }
  }

  /** `EagerEndOfTurn`, at most once until the speaker goes on. */
  protected override silent(silenceMs: number): void {
    const { query, latencies } = this.options;
    const isAsked = query.parameters.eager_eot_threshold !== undefined;
    if (!isAsked || this.#isEager || silenceMs < latencies.eagerMs) return;
    this.#isEager = true;
    const atSec = this.positionSec;
    this.whenKnown(0, () => {
      if (this.#isEager && this.wordsBetween(this.finalSec, atSec).length > 0)
        this.#say('EagerEndOfTurn', atSec);
    });
  }

  protected override spoke(): void {
    if (!this.#isEager) return;
    this.#isEager = false;
    if (this.wordsBetween(this.finalSec, this.positionSec).length > 0)
      this.#say('TurnResumed', this.positionSec);
  }

  protected speechEnded(atSec: number): void {
    this.whenKnown(0, () => this.#endTurn(atSec, 'model'));
  }

  protected sayPartial(atSec: number): void {
    if (atSec <= this.finalSec) return;
    const hasWords = this.wordsBetween(this.finalSec, atSec).length > 0;
    this.#say(hasWords && !this.#turnHasBegun ? 'StartOfTurn' : 'Update', atSec);
    this.#turnHasBegun ||= hasWords;
    if (!this.options.manners.extras || !hasWords) return;
    this.options.wire.send({ type: 'TurnWeather', sequence_id: this.#sequence++, of: [null] });
    this.#say('EagerEndOfTurn', atSec);
    this.#say('TurnResumed', atSec);
  }

  /** Outside a turn the message is ignored, with a warning (deepgram-go-sdk #350). */
  #forceEndTurn(atSec: number): void {
    this.whenKnown(this.options.latencies.finalizeMs, () => {
      if (this.wordsBetween(this.finalSec, atSec).length > 0) this.#endTurn(atSec, 'manual');
      else
        this.options.wire.send({
          type: 'Warning',
          code: 'FORCE_END_TURN_NO_ACTIVE_TURN',
          description: 'Simulated: no turn was active.',
        });
      if (this.positionSec === atSec) this.stopWaitingForSilence();
    });
  }

  #endTurn(atSec: number, trigger: 'model' | 'manual'): void {
    if (this.wordsBetween(this.finalSec, atSec).length === 0) return;
    if (!this.#turnHasBegun) this.#say('StartOfTurn', atSec);
    this.#say('EndOfTurn', atSec, trigger);
    this.finalSec = atSec;
    this.#turn++;
    this.#turnHasBegun = false;
    this.#isEager = false;
  }

  #say(event: TurnEvent, atSec: number, trigger?: string): void {
    const words = this.wordsBetween(this.finalSec, atSec);
    this.options.wire.send({
      type: 'TurnInfo',
      request_id: 'simulated',
      sequence_id: this.#sequence++,
      event,
      turn_index: this.#turn,
      audio_window_start: this.finalSec,
      audio_window_end: atSec,
      transcript: words.map(({ word }) => word).join(' '),
      words: words.map(({ word, startSec, endSec }) => ({
        word,
        confidence: 0.99,
        start: startSec,
        end: endSec,
      })),
      end_of_turn_confidence: event === 'EndOfTurn' ? 0.9 : 0.1,
      ...(trigger !== undefined && { trigger }),
    });
  }
}
