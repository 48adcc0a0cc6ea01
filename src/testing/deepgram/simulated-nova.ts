import type { Timer } from '../../clock.js';
import { SimulatedListener } from './simulated-listener.js';

/** Deepgram closes a connection on which nothing has come for so long. */
const idleMs = 10_000;
/** Speech without a pause is made final in pieces of this length. */
const segmentSec = 4;

/** The v1 wire: interim results, final segments, `speech_final`, `UtteranceEnd`, and the answers to `Finalize`. */
export class SimulatedNova extends SimulatedListener {
  #idle: Timer | null = null;
  #utteranceEnd: Timer | null = null;
  #announcedWordEndSec = 0;

  obey(type: string): void {
    switch (type) {
      case 'KeepAlive':
        return this.heardSomething();
      case 'Finalize':
        return this.#finalize(this.positionSec);
      case 'CloseStream':
        return this.#closeStream(this.positionSec);
      default:
        this.options.onViolation(`There is no message ${type} on this wire.`);
    }
  }

  /** Starts the wait that ends with NET-0001; called once when the connection is there. */
  override heardSomething(): void {
    this.#idle?.cancel();
    this.#idle = this.after(idleMs, () => {
      this.options.onViolation('Neither audio nor KeepAlive came for ten seconds.');
      this.options.wire.close(1011, 'NET-0001: no audio or KeepAlive within the timeout window');
    });
  }

  protected override spoke(): void {
    const { utteranceEndMs } = this.options.query;
    if (utteranceEndMs === null) return;
    this.#utteranceEnd?.cancel();
    this.#utteranceEnd = this.after(utteranceEndMs, () => this.#sayUtteranceEnd());
  }

  protected speechEnded(atSec: number): void {
    if (!this.options.query.endpointing) return;
    // The wait for silence has passed: only an ear that needs time of its own delays the final further.
    this.whenKnown(0, () => {
      if (this.finalSec >= atSec) return;
      this.#sayResults(atSec, { is_final: true, speech_final: true });
    });
  }

  protected sayPartial(atSec: number): void {
    if (!this.options.query.interimResults || atSec <= this.finalSec) return;
    const lastWord = this.wordsBetween(this.finalSec, atSec).at(-1);
    const isLong = lastWord !== undefined && atSec - this.finalSec >= segmentSec;
    // What is said behind the last known word may be a word that is not known yet, and a final is never taken back.
    this.#sayResults(isLong ? lastWord.endSec : atSec, { is_final: isLong, speech_final: false });
  }

  #finalize(atSec: number): void {
    this.whenKnown(this.options.latencies.finalizeMs, () => {
      this.#sayResults(Math.max(atSec, this.finalSec), {
        is_final: true,
        speech_final: false,
        from_finalize: true,
      });
      if (this.positionSec === atSec) this.stopWaitingForSilence();
    });
  }

  #closeStream(atSec: number): void {
    this.whenKnown(0, () => {
      if (atSec > this.finalSec) this.#sayResults(atSec, { is_final: true, speech_final: true });
      this.options.wire.send({ type: 'Metadata', request_id: 'simulated', duration: atSec, channels: 1 });
      this.options.wire.close(1000);
    });
  }

  #sayUtteranceEnd(): void {
    const lastWordEndSec = this.options.ear.words.at(-1)?.endSec ?? 0;
    if (lastWordEndSec <= this.#announcedWordEndSec) return;
    this.#announcedWordEndSec = lastWordEndSec;
    this.options.wire.send({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: lastWordEndSec });
  }

  #sayResults(
    toSec: number,
    flags: { readonly is_final: boolean; readonly speech_final: boolean; readonly from_finalize?: boolean },
  ): void {
    const fromSec = this.finalSec;
    const words = this.wordsBetween(fromSec, toSec);
    if (flags.is_final) this.finalSec = toSec;
    this.options.wire.send({
      type: 'Results',
      channel_index: [0, 1],
      start: fromSec,
      duration: toSec - fromSec,
      from_finalize: false,
      ...flags,
      channel: {
        alternatives: [
          {
            transcript: words.map(({ word }) => word).join(' '),
            confidence: words.length > 0 ? 0.99 : 0,
            words: words.map(({ word, startSec, endSec }) => ({
              word,
              start: startSec,
              end: endSec,
              confidence: 0.99,
              punctuated_word: word,
            })),
          },
        ],
      },
      metadata: {
        request_id: 'simulated',
        model_info: { name: 'general-nova-3', version: 'simulated', arch: 'nova-3' },
        model_uuid: 'simulated',
      },
    });
  }
}
