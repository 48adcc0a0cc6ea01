import { SimulatedListener } from './simulated-listener.js';

type TurnEvent = 'Update' | 'StartOfTurn' | 'EndOfTurn';

/** The v2 wire: turns, each of whose messages repeats all that was said in it. */
export class SimulatedFlux extends SimulatedListener {
  #sequence = 0;
  #turn = 0;
  #turnHasBegun = false;

  /** The first message on this wire. */
  greet(): void {
    this.options.wire.send({
      type: 'Connected',
      request_id: 'simulated',
      sequence_id: this.#sequence++,
    });
  }

  obey(type: string): void {
    switch (type) {
      case 'ForceEndTurn':
        return this.#forceEndTurn(this.positionSec);
      case 'CloseStream':
        return this.whenKnown(0, () => {
          this.#endTurn(this.positionSec, 'model');
          this.options.wire.close(1000);
        });
      default:
        this.options.onViolation(`There is no message ${type} on this wire.`);
        this.options.wire.send({
          type: 'Error',
          sequence_id: this.#sequence++,
          code: 'UNPARSABLE_CLIENT_MESSAGE',
          description: `Unknown message type ${type}.`,
        });
        this.options.wire.close(1011, 'UNPARSABLE_CLIENT_MESSAGE');
    }
  }

  protected speechEnded(atSec: number): void {
    this.whenKnown(0, () => this.#endTurn(atSec, 'model'));
  }

  protected sayPartial(atSec: number): void {
    if (atSec <= this.finalSec) return;
    const hasWords = this.wordsBetween(this.finalSec, atSec).length > 0;
    this.#say(hasWords && !this.#turnHasBegun ? 'StartOfTurn' : 'Update', atSec);
    this.#turnHasBegun ||= hasWords;
  }

  /** Outside a turn the message is ignored. */
  #forceEndTurn(atSec: number): void {
    this.whenKnown(this.options.latencies.finalizeMs, () => {
      this.#endTurn(atSec, 'manual');
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
