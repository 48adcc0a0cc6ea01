import type { Timer } from '../../core/clock.js';
import type { SpokenWord } from '../simulated-hearing.js';
import { SimulatedListener } from './simulated-listener.js';

/** Deepgram closes a connection after this time without messages. */
const idleMs = 10_000;
/** Speech without a pause is finalised in segments of this length. */
const segmentSec = 4;

/** The v1 wire: interim results, final segments, `speech_final`, `UtteranceEnd`, and the answers to `Finalize`. */
export class SimulatedNova extends SimulatedListener {
  #idle: Timer | null = null;
  #utteranceEnd: Timer | null = null;
  #announcedWordEndSec = 0;
  /** Positions of requested finals that are not sent yet. Audio is processed in order, so no later result precedes them. */
  #askedSec: number[] = [];
  /** The latest interim result, to be repeated. */
  #interim: object | null = null;

  obey(type: string): void {
    switch (type) {
      case 'KeepAlive':
        return this.heardSomething();
      case 'Finalize':
        return this.#finalize(this.positionSec);
      case 'CloseStream':
        return this.#closeStream(this.positionSec);
      default:
        this.options.onProblem(`There is no message ${type} on this wire.`);
    }
  }

  /** Starts the wait that ends with NET-0001; called once when the connection opens. */
  override heardSomething(): void {
    this.#idle?.cancel();
    this.#idle = this.after(idleMs, () => {
      this.options.onProblem('No audio or KeepAlive arrived for ten seconds.');
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
    // The wait for silence is over; only a real recogniser delays the final further.
    this.whenKnown(0, () => {
      if (this.finalSec >= atSec) return;
      this.#sayResults(atSec, { is_final: true, speech_final: this.options.manners.speechFinal });
    });
  }

  protected sayPartial(atSec: number): void {
    if (!this.options.query.interimResults || atSec <= this.finalSec) return;
    if (this.#askedSec.some((askedSec) => askedSec < atSec)) return;
    const lastWord = this.wordsBetween(this.finalSec, atSec).at(-1);
    const isLong = lastWord !== undefined && atSec - this.finalSec >= segmentSec;
    // The audio after the last known word may contain a word that is not known yet, and a final cannot be revoked.
    this.#sayResults(isLong ? lastWord.endSec : atSec, { is_final: isLong, speech_final: false });
  }

  #finalize(atSec: number): void {
    this.#askedSec.push(atSec);
    this.whenKnown(this.options.latencies.finalizeMs, () => {
      this.#askedSec.shift();
      this.#answerFinalize(Math.max(atSec, this.finalSec));
      if (this.positionSec === atSec) this.stopWaitingForSilence();
    });
  }

  #answerFinalize(toSec: number): void {
    const { finalize } = this.options.manners;
    const hasWords = this.wordsBetween(this.finalSec, toSec).length > 0;
    const answer = { is_final: true, speech_final: false };
    if (finalize === 'none_without_words' && !hasWords) return;
    if (finalize === 'words_follow' && hasWords)
      this.#sayResults(this.finalSec, { ...answer, from_finalize: true });
    const isFlagged = finalize === 'flagged' || !hasWords;
    this.#sayResults(toSec, { ...answer, from_finalize: isFlagged || finalize === 'none_without_words' });
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
    const { results, extras } = this.options.manners;
    const words = this.wordsBetween(this.finalSec, toSec);
    const isLate = results === 'start_at_words' && flags.is_final;
    const fromSec = isLate ? (words[0]?.startSec ?? this.finalSec) : this.finalSec;
    const zeroSec = results === 'from_zero' && flags.from_finalize === true ? fromSec : 0;
    if (flags.is_final) this.finalSec = toSec;
    const message = {
      type: 'Results',
      channel_index: [0, 1],
      start: fromSec - zeroSec,
      duration: toSec - fromSec,
      from_finalize: false,
      ...flags,
      ...this.#channelOf(words, zeroSec),
      metadata: {
        request_id: 'simulated',
        model_info: { name: 'general-nova-3', version: 'simulated', arch: 'nova-3' },
        model_uuid: 'simulated',
      },
    };
    if (extras) this.options.wire.send({ type: 'Sentiment', of: [{ next: 'year' }], start: null });
    this.options.wire.send(message);
    if (results !== 'late_interims') return;
    if (this.#interim) this.options.wire.send(this.#interim);
    this.#interim = flags.is_final ? null : message;
  }

  #channelOf(words: readonly SpokenWord[], zeroSec: number): object {
    const { results } = this.options.manners;
    if (words.length === 0 && results === 'no_channel') return {};
    if (words.length === 0 && results === 'no_alternatives') return { channel: { alternatives: [] } };
    const timed = words.map(({ word, startSec, endSec }) => ({
      word,
      start: startSec - zeroSec,
      end: results === 'zero_length_words' ? startSec : endSec - zeroSec,
      confidence: 0.99,
      punctuated_word: word,
    }));
    const alternative = {
      transcript: words.map(({ word }) => word).join(' '),
      confidence: words.length > 0 ? 0.99 : 0,
      ...(results !== 'no_words' && { words: timed }),
    };
    return { channel: { alternatives: [alternative] } };
  }
}
