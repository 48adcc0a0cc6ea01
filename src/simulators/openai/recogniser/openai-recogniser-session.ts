import { z } from 'zod';
import { decodeMulaw } from '../../../audio/g711.js';
import type { SpokenWord } from '../../simulated-hearing.js';
import { RecogniserSession, type RecogniserSessionOptions } from '../../simulated-recogniser-session.js';
import type { ChosenManners } from './openai-recogniser-manners.js';
import { readUpdate, type TranscriptionSession } from './session-update.js';

/** The shortest audio that may be committed, and the longest message. */
const leastCommitMs = 100;
const mostMessageBytes = 15 * 1024 * 1024;

const clientMessage = z.looseObject({ type: z.string(), audio: z.string().optional() });
const transcription = 'conversation.item.input_audio_transcription.';

/** An item that waits for its transcript. */
interface Item {
  readonly id: string;
  readonly words: readonly SpokenWord[];
  readonly lengthMs: number;
}

/** One transcription session of the simulated Realtime API. */
export class OpenAiRecogniserSession extends RecogniserSession {
  readonly manners: ChosenManners;
  /** The latest update; null before it. */
  update: TranscriptionSession | null = null;
  /** Length of the audio of each committed item in milliseconds. */
  readonly commitsMs: number[] = [];
  protected readonly halfMessage = `{"type":"${transcription}comp`;
  readonly #models: readonly string[];
  #events = 0;
  #items = 0;
  #bufferedMs = 0;
  /** Words of the item in the buffer that were told. */
  #toldWords = 0;
  /** A finished item that the next one overtakes. */
  #overtaken: Item | null = null;

  constructor(manners: ChosenManners, models: readonly string[], options: RecogniserSessionOptions) {
    super(options);
    this.manners = manners;
    this.#models = models;
    this.#say('session.created', {
      session: { id: 'sess_simulated', object: 'realtime.transcription_session' },
    });
  }

  protected take(data: Buffer, isBinary: boolean): void {
    const message = isBinary ? null : readMessage(data.toString());
    if (!message) return this.#refuse('invalid_event', 'The message is not valid JSON of the API.', null);
    this.controls.push(message.type);
    switch (message.type) {
      case 'session.update':
        return this.#configure(JSON.parse(data.toString()));
      case 'input_audio_buffer.append':
        return this.#append(message.audio, data.length);
      case 'input_audio_buffer.commit':
        return this.#commit();
      case 'input_audio_buffer.clear':
        this.#startBuffer();
        return this.#say('input_audio_buffer.cleared', {});
      default:
        return this.#refuse('invalid_value', `Invalid value: '${message.type}'.`, 'type');
    }
  }

  protected sayPartial(words: readonly SpokenWord[]): void {
    if (this.#deltas === 'live') this.#tell(this.#itemId, words);
  }

  /** Turn detection is off. */
  protected speechEnded(): void {
    return;
  }

  protected closeAsFailed(): void {
    this.closeSocket(1011, 'keepalive ping timeout');
    this.dispose();
  }

  get #deltas(): 'live' | 'after_commit' | 'none' {
    return this.manners.deltas ?? (this.update?.isLive === true ? 'live' : 'after_commit');
  }

  /** The id of the item that the next commit makes. */
  get #itemId(): string {
    return `item_${this.#items}`;
  }

  #configure(message: unknown): void {
    const update = readUpdate(message, this.#models);
    if ('code' in update) return this.#refuse(update.code, update.message, update.param);
    this.update = update;
    this.#say('session.updated', { session: { id: 'sess_simulated', type: 'transcription' } });
  }

  #append(base64: string | undefined, length: number): void {
    const { update } = this;
    if (base64 === undefined || base64 === '' || length > mostMessageBytes)
      return this.#refuse('invalid_value', "Invalid 'audio'.", 'audio');
    if (!update) return this.options.onProblem('Audio came before session.update.');
    const audio = Buffer.from(base64, 'base64');
    // Words are heard in one format, whatever the client sends.
    const heard = update.format.encoding === 'mulaw' ? atThreeTimesTheRate(decodeMulaw(audio)) : audio;
    this.#bufferedMs += this.lengthMs(heard);
    this.hear(heard);
  }

  #commit(): void {
    if (this.#bufferedMs < leastCommitMs - 0.01) {
      const has = this.#bufferedMs.toFixed(2);
      const message = `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${has}ms of audio.`;
      return this.#refuse('input_audio_buffer_commit_empty', message, null);
    }
    const toSec = this.positionSec;
    const lengthMs = this.#bufferedMs;
    const id = this.#itemId;
    this.commitsMs.push(lengthMs);
    this.#items++;
    const previous = this.#items > 1 ? `item_${this.#items - 2}` : null;
    this.#say('input_audio_buffer.committed', { item_id: id, previous_item_id: previous });
    if (this.manners.extras) this.#addItem(id, previous);
    this.whenKnown(this.options.latencies.flushMs, () => {
      const words = this.wordsUntil(toSec);
      this.finalSec = Math.max(this.finalSec, toSec);
      const told = this.#deltas === 'live' ? this.#toldWords : 0;
      if (this.#deltas !== 'none') this.#tell(id, words, told);
      this.#toldWords = 0;
      this.#finish({ id, words, lengthMs });
    });
    this.#bufferedMs = 0;
    // A client may send no silence, so nothing follows that could be the moment of a fault behind the commit.
    this.failIfDue(1);
  }

  #startBuffer(): void {
    this.#bufferedMs = 0;
    this.#toldWords = 0;
    this.finalSec = this.positionSec;
  }

  #addItem(id: string, previous: string | null): void {
    const item = { id, type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] };
    this.#say('conversation.item.added', { item, previous_item_id: previous });
    this.#say('conversation.item.done', { item, previous_item_id: previous });
    this.#say('rate_limits.updated', { rate_limits: [] });
    this.#say('session.simulated_news', { of: [{ next: 'year' }] });
  }

  /** Sends the words of an item that were not told yet. */
  #tell(itemId: string, words: readonly SpokenWord[], told = this.#toldWords): void {
    for (const [index, { word }] of words.entries()) {
      if (index < told) continue;
      const delta = index === 0 ? word : ` ${word}`;
      this.#say(`${transcription}delta`, { item_id: itemId, content_index: 0, delta });
    }
    this.#toldWords = Math.max(told, words.length);
  }

  #finish(item: Item): void {
    const waiting = this.#overtaken;
    this.#overtaken = null;
    // Another item is on its way: let it overtake this one.
    const hasNext = this.commitsMs.length > Number(item.id.slice(5)) + 1;
    if (this.manners.order === 'reversed_pairs' && hasNext && !waiting) {
      this.#overtaken = item;
      return;
    }
    this.#complete(item);
    if (waiting) this.#complete(waiting);
  }

  #complete({ id, words, lengthMs }: Item): void {
    if (this.manners.failsFirst && id === 'item_0') {
      const message = `Input transcription failed for item '${id}'.`;
      const error = { type: 'server_error', code: null, message, param: null };
      return this.#say(`${transcription}failed`, { item_id: id, content_index: 0, error }, true);
    }
    const text = words.map(({ word }) => word).join(' ');
    const { usage, spaced } = this.manners;
    const tokens = { type: 'tokens', input_tokens: Math.ceil(lengthMs / 100), output_tokens: words.length };
    this.#say(
      `${transcription}completed`,
      {
        ...{ item_id: id, content_index: 0, transcript: spaced ? ` ${text}` : text },
        ...(usage === 'tokens' && { usage: tokens }),
        ...(usage === 'duration' && { usage: { type: 'duration', seconds: lengthMs / 1000 } }),
      },
      true,
    );
  }

  #refuse(code: string, message: string, param: string | null): void {
    this.options.onProblem(message);
    this.#say('error', { error: { type: 'invalid_request_error', code, message, param, event_id: null } });
  }

  #say(type: string, fields: object, isFinal = false): void {
    this.send({ type, event_id: `event_${++this.#events}`, ...fields }, isFinal);
  }
}

function readMessage(text: string): z.infer<typeof clientMessage> | null {
  try {
    return clientMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Linear interpolation, enough for a simulated ear. */
function atThreeTimesTheRate(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 6);
  for (const [index, sample] of samples.entries()) {
    const next = samples[index + 1] ?? sample;
    for (let third = 0; third < 3; third++)
      bytes.writeInt16LE(Math.round(sample + ((next - sample) * third) / 3), (index * 3 + third) * 2);
  }
  return bytes;
}
