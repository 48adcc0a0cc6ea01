import { z } from 'zod';
import type { SpokenWord } from '../simulated-hearing.js';
import { RecogniserSession, type RecogniserSessionOptions } from '../simulated-recogniser-session.js';
import type { ChosenScribeManners } from './scribe-manners.js';
import type { ScribeQuery } from './scribe-query.js';

/** A commit of less audio is ignored, and the connection closed: https://github.com/elevenlabs/packages/issues/378 */
const leastCommitSec = 0.3;
/** The longest audio of a message. */
const mostMs = 1000;
/** Scribe commits by itself after this much audio without a commit. */
const ownCommitSec = 36;
/** It closes a connection that gets no audio for this long. */
const idleMs = 15_000;

const schema = z.strictObject({
  message_type: z.literal('input_audio_chunk'),
  audio_base_64: z.string(),
  commit: z.boolean(),
  sample_rate: z.number(),
  previous_text: z.string().optional(),
});

/** One session of the simulated Scribe. */
export class ScribeSession extends RecogniserSession {
  readonly query: ScribeQuery;
  readonly manners: ChosenScribeManners;
  /** Length of the audio of each message, in milliseconds. */
  readonly lengthsMs: number[] = [];
  protected readonly halfMessage = '{"message_type":"partial_tr';
  #committedSec = 0;
  #partial = '';
  #audioMs = 0;
  #idleLooks = 0;

  constructor(query: ScribeQuery, manners: ChosenScribeManners, options: RecogniserSessionOptions) {
    super(options);
    this.query = query;
    this.manners = manners;
    this.greet({
      message_type: 'session_started',
      session_id: sessionId,
      config: { model_id: 'scribe_v2_realtime' },
    });
    this.#watchIdle();
  }

  protected take(data: Buffer): void {
    let message: z.infer<typeof schema>;
    try {
      message = schema.parse(JSON.parse(data.toString()));
    } catch {
      return this.#refuse('input_error', `It sent an invalid message: ${data.toString().slice(0, 100)}`);
    }
    const { audio_base_64: base64, commit, sample_rate: rate } = message;
    const audio = Buffer.from(base64, 'base64');
    if (rate !== this.options.format.sampleRateHz)
      return this.#refuse('input_error', `The sample rate ${rate} is not that of the session.`);
    const lengthMs = this.lengthMs(audio);
    if (lengthMs > mostMs + 0.01) return this.#refuse('chunk_size_exceeded', `A chunk has ${lengthMs} ms.`);
    if (audio.length === 0 && !commit) return this.#refuse('input_error', 'A chunk has no audio.');
    this.lengthsMs.push(lengthMs);
    if (audio.length > 0) this.hear(audio);
    if (this.seconds - this.#committedSec >= ownCommitSec) this.#commit();
    if (commit) this.#commitAsAsked();
  }

  protected sayPartial(words: readonly SpokenWord[]): void {
    const text = textOf(words);
    if (text === this.#partial && this.manners.partials === 'changed') return;
    this.#partial = text;
    this.#say({ message_type: 'partial_transcript', text });
  }

  protected speechEnded(): void {
    if (this.query.isVad) this.#commit();
  }

  protected closeAsFailed(): void {
    this.failWith('transcriber_error', 'Simulated failure.');
  }

  /** Ends the session with an error. */
  failWith(type: string, error: string): void {
    this.sendText(JSON.stringify({ message_type: type, error }));
    this.closeSocket(type === 'commit_throttled' ? 1000 : 1008, type);
    this.dispose();
  }

  #commitAsAsked(): void {
    this.controls.push('commit');
    const openSec = this.seconds - this.#committedSec;
    if (openSec < leastCommitSec - 1e-6)
      return this.#refuse(
        'commit_throttled',
        `Commit request ignored: only ${openSec.toFixed(2)}s of uncommitted audio. You need at least 0.3s of uncommitted audio before committing.`,
      );
    this.#commit(true);
  }

  #commit(isAsked = false): void {
    const toSec = this.positionSec;
    this.#committedSec = this.seconds;
    this.whenKnown(isAsked ? this.options.latencies.flushMs : 0, () => this.#saySegment(toSec, isAsked));
  }

  #saySegment(toSec: number, isAsked: boolean): void {
    const words = this.wordsUntil(toSec);
    this.finalSec = Math.max(this.finalSec, toSec);
    const { echo, silentCommit, timed, extras } = this.manners;
    const text = textOf(words);
    this.#partial = '';
    if (text === '' && isAsked && silentCommit === 'none') return;
    const repetition = { message_type: 'partial_transcript', text };
    if (echo !== 'none' && text !== '') this.#say(repetition);
    const plain = { message_type: 'committed_transcript', text };
    const withTimes = {
      message_type: 'committed_transcript_with_timestamps',
      text,
      language_code: 'en',
      words: words.flatMap(({ word, startSec, endSec }, index) => [
        ...(index === 0 ? [] : [{ text: ' ', start: startSec, end: startSec, type: 'spacing' }]),
        { text: word, start: startSec, end: endSec, type: 'word', logprob: -0.1 },
      ]),
    };
    const isTimed = this.query.isTimed && timed !== 'missing';
    if (isTimed && timed === 'before') this.#say(withTimes, true);
    this.#say(plain, true);
    if (isTimed && timed === 'behind') this.#say(withTimes, true);
    if (extras) this.#say({ message_type: 'committed_transcript_entities', text, entities: [] });
    if (echo === 'after' && text !== '') this.#say(repetition);
  }

  #say(message: object, isFinal = false): void {
    if (!this.manners.extras) return this.send(message, isFinal);
    this.send({ message_type: 'warning', warning: 'Simulated.' });
    this.send({ message_type: 'mood', of: [{ next: 'year' }] });
    this.send({ ...message, latency: { model: 0.1 }, speaker_id: null }, isFinal);
  }

  #watchIdle(): void {
    this.after(idleMs / 3, () => {
      const heardMs = this.seconds * 1000;
      const isIdle = heardMs === this.#audioMs;
      this.#audioMs = heardMs;
      this.#idleLooks = isIdle ? this.#idleLooks + 1 : 0;
      if (this.#idleLooks >= 3) this.closeSocket(1000);
      else this.#watchIdle();
    });
  }

  #refuse(type: string, error: string): void {
    this.options.onProblem(error);
    this.failWith(type, error);
  }
}

/** On every session. */
const sessionId = 'scribe-simulated';

function textOf(words: readonly SpokenWord[]): string {
  return words.map(({ word }) => word).join(' ');
}
