import { isPowerOfTen } from '../../events/power-of-ten.js';
import type { TransportWarning } from '../transport.js';
import type { CallMessage, MediaStreamWire, ParseFault } from './media-stream-wire.js';

/** All faults of messages during a call. */
export type InboundFault =
  | ParseFault
  | 'binary_message'
  | 'wrong_stream'
  | 'repeated_start'
  | 'wrong_track'
  | 'repeated_sequence'
  | 'missing_sequence'
  | 'odd_payload'
  | 'unknown_mark'
  | 'oversize_message'
  | 'flood'
  | 'broken_frame';

/** What a media socket may do before it is closed. */
export interface InboundLimits {
  /** Largest message. @default 65536 */
  readonly maxMessageBytes: number;
  /**
   * Messages per second, with a burst of two seconds; awaited mark echoes are free, and audio counts once per frame of
   * 20 ms. @default 500
   */
  readonly maxMessagesPerSecond: number;
  /** Malformed messages in one call. @default 100 */
  readonly maxMalformedMessages: number;
}

/** The default limits. */
export const defaultInboundLimits: InboundLimits = {
  maxMessageBytes: 65_536,
  maxMessagesPerSecond: 500,
  maxMalformedMessages: 100,
};

/** A sequence number this far back is a new count, not a repetition. */
const repetitionWindow = 1000;

/** Text of the warning for each fault. */
const meanings: Readonly<Record<InboundFault, string>> = {
  malformed_message: 'A message is malformed',
  unknown_event: 'A message has an unknown event',
  bad_base64: 'A payload is not base64',
  binary_message: 'A binary message arrived; media streams are text',
  wrong_stream: 'A message belongs to another stream',
  repeated_start: 'The stream was started again',
  wrong_track: 'Audio arrived on a track other than the caller’s',
  repeated_sequence: 'A message arrived twice',
  missing_sequence: 'Messages are missing',
  odd_payload: 'Audio arrived in frames of an unusual length',
  unknown_mark: 'A mark was echoed that was never sent',
  oversize_message: 'A message is too long',
  flood: 'Messages arrive too fast',
  broken_frame: 'The WebSocket framing is broken',
};

/**
 * Checks every message of a running call, so that a hostile or broken peer can harm only its own call. Counts each
 * fault by its code and warns at the 1st, 10th, 100th, … time. Pure: time is passed in.
 *
 * | what arrives                                               | code              | what happens                       |
 * |------------------------------------------------------------|-------------------|------------------------------------|
 * | not JSON, no object, a missing field, a wrong type         | malformed_message | dropped; one too many (100): 1008  |
 * | a binary message                                           | binary_message    | dropped; counts as malformed       |
 * | a payload that is not base64                               | bad_base64        | dropped; counts as malformed       |
 * | another stream's id                                        | wrong_stream      | dropped; counts as malformed       |
 * | `connected` or `start` again                               | repeated_start    | dropped; counts as malformed       |
 * | an unknown event (carriers add some)                       | unknown_event     | dropped                            |
 * | audio of a track other than the caller's                   | wrong_track       | dropped                            |
 * | audio or a digit with a sequence number seen before        | repeated_sequence | dropped                            |
 * | a gap in the sequence numbers                              | missing_sequence  | delivered; one count per gap       |
 * | a payload of other than the carrier's usual length         | odd_payload       | delivered; an empty one is dropped |
 * | a mark that was never sent                                 | unknown_mark      | dropped                            |
 * | a message over 64 KiB                                      | oversize_message  | closed, 1009                       |
 * | over 500 messages or frames a second, past a burst of 1000 | flood             | closed, 1008                       |
 * | broken WebSocket framing or UTF-8                          | broken_frame      | closed by `ws`, 1002 or 1007       |
 *
 * This applies only after `start`. Until then the handshake closes the socket on every unexpected message, including
 * `media`, and after five seconds without a valid `start`.
 */
export class InboundGuard {
  readonly #wire: MediaStreamWire;
  #streamId: string;
  readonly #limits: InboundLimits;
  readonly #isAwaitedMark: (name: string) => boolean;
  readonly #onWarning: (warning: TransportWarning) => void;
  readonly #onIntolerable: (code: number, message: string) => void;
  readonly #counts = new Map<InboundFault, number>();
  #malformed = 0;
  #allowance: number;
  #allowanceAtMs: number;
  #lastSequence = 1;

  constructor(options: {
    readonly wire: MediaStreamWire;
    readonly streamId: string;
    readonly limits: InboundLimits;
    readonly nowMs: number;
    /** Whether a mark of this name was sent and its echo is outstanding. */
    readonly isAwaitedMark: (name: string) => boolean;
    readonly onWarning: (warning: TransportWarning) => void;
    /** Called when the call cannot go on: close the socket with this code. */
    readonly onIntolerable: (closeCode: number, message: string) => void;
  }) {
    this.#wire = options.wire;
    this.#streamId = options.streamId;
    this.#limits = options.limits;
    this.#isAwaitedMark = options.isAwaitedMark;
    this.#onWarning = options.onWarning;
    this.#onIntolerable = options.onIntolerable;
    this.#allowance = 2 * options.limits.maxMessagesPerSecond;
    this.#allowanceAtMs = options.nowMs;
  }

  /** The call goes on in another stream, whose `start` was its message number 1. */
  follow(streamId: string): void {
    this.#streamId = streamId;
    this.#lastSequence = 1;
  }

  /** Count of each fault; faults that did not occur are absent. */
  get stats(): Readonly<Partial<Record<InboundFault, number>>> {
    return Object.fromEntries(this.#counts);
  }

  /** The message to act on, or null if there is nothing to do. `text` is null for a binary message. */
  admit(text: string | null, bytes: number, nowMs: number): CallMessage | null {
    if (bytes > this.#limits.maxMessageBytes) {
      this.note('oversize_message');
      this.#onIntolerable(1009, `A message is longer than ${this.#limits.maxMessageBytes} bytes`);
      return null;
    }
    if (!this.#spendAllowance(1, nowMs)) return this.#flood();
    if (text === null) return this.#malformedMessage('binary_message');
    const parsed = this.#wire.read(text);
    if (!parsed.ok) {
      if (parsed.code !== 'unknown_event') return this.#malformedMessage(parsed.code, parsed.detail);
      return this.#drop(parsed.code, parsed.detail);
    }
    const { message } = parsed;
    if (message.event === 'connected') return this.#malformedMessage('repeated_start');
    if (message.streamId !== this.#streamId) return this.#malformedMessage('wrong_stream');
    if (message.event === 'start') return this.#malformedMessage('repeated_start');
    // A message may hold seconds of audio, and audio takes the most work.
    const furtherFrames =
      message.event === 'media' ? Math.ceil(message.payload.length / this.#wire.frameSamples) - 1 : 0;
    if (furtherFrames > 0 && !this.#spendAllowance(furtherFrames, nowMs)) return this.#flood();
    return this.#inSequence(message);
  }

  /** Counts a fault and warns at each power of ten. */
  note(code: InboundFault, detail?: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (!isPowerOfTen(count)) return;
    const times = count === 1 ? '' : `, ${count} times so far`;
    this.#onWarning({ code, message: `${meanings[code]}${detail ? ` (${detail})` : ''}${times}.` });
  }

  #inSequence(message: CallMessage): CallMessage | null {
    const last = this.#lastSequence;
    const behind = last - message.sequenceNumber;
    const isRepeated = behind >= 0 && behind < repetitionWindow;
    if (!isRepeated) {
      if (message.sequenceNumber !== last + 1) {
        this.note('missing_sequence', `${message.sequenceNumber} follows ${last}`);
      }
      this.#lastSequence = message.sequenceNumber;
    }
    switch (message.event) {
      case 'mark':
        // Accept an awaited echo with any sequence number and free of charge: one clear may return hundreds of them.
        if (!this.#isAwaitedMark(message.name)) return message;
        this.#allowance += 1;
        return message;
      case 'stop':
        return message;
      case 'dtmf':
        return isRepeated ? this.#drop('repeated_sequence') : message;
      case 'media':
        if (!message.fromCaller) return this.#drop('wrong_track');
        if (isRepeated) return this.#drop('repeated_sequence');
        if (message.payload.length !== this.#wire.frameSamples) {
          this.note('odd_payload', `${message.payload.length} bytes, not ${this.#wire.frameSamples}`);
        }
        return message.payload.length === 0 ? null : message;
    }
  }

  #flood(): null {
    this.note('flood');
    this.#onIntolerable(1008, `More than ${this.#limits.maxMessagesPerSecond} messages per second`);
    return null;
  }

  #spendAllowance(cost: number, nowMs: number): boolean {
    const perSecond = this.#limits.maxMessagesPerSecond;
    const earned = ((nowMs - this.#allowanceAtMs) / 1000) * perSecond;
    this.#allowance = Math.min(2 * perSecond, this.#allowance + earned);
    this.#allowanceAtMs = nowMs;
    if (this.#allowance < cost) return false;
    this.#allowance -= cost;
    return true;
  }

  #malformedMessage(code: InboundFault, detail?: string): null {
    this.#malformed += 1;
    this.note(code, detail);
    if (this.#malformed > this.#limits.maxMalformedMessages) {
      this.#onIntolerable(1008, `More than ${this.#limits.maxMalformedMessages} malformed messages`);
    }
    return null;
  }

  #drop(code: InboundFault, detail?: string): null {
    this.note(code, detail);
    return null;
  }
}
