import type { TransportWarning } from '../transport.js';
import {
  parseTwilioMessage,
  twilioFrameSamples,
  type DtmfMessage,
  type MarkMessage,
  type MediaMessage,
  type ParseFault,
  type StopMessage,
} from './twilio-messages.js';

/** Everything that can be wrong with what arrives during a call. */
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
  /** Messages per second, with room for a burst of two seconds; awaited mark echoes are free. @default 500 */
  readonly maxMessagesPerSecond: number;
  /** Messages without meaning in one call. @default 100 */
  readonly maxMalformedMessages: number;
}

/** The limits that hold where none are given. */
export const defaultInboundLimits: InboundLimits = {
  maxMessageBytes: 65_536,
  maxMessagesPerSecond: 500,
  maxMalformedMessages: 100,
};

/** A message that passed: what a running call consists of. */
export type CallMessage = MediaMessage | DtmfMessage | MarkMessage | StopMessage;

/** A sequence number this far back is no repetition but a new count. */
const repetitionWindow = 1000;

/** What each fault means, in the words of its warning. */
const meanings: Readonly<Record<InboundFault, string>> = {
  malformed_message: 'A message could not be understood',
  unknown_event: 'A message has an unknown event',
  bad_base64: 'A payload is not base64',
  binary_message: 'A binary message arrived; Media Streams are text',
  wrong_stream: 'A message belongs to another stream',
  repeated_start: 'The stream was announced again',
  wrong_track: 'Audio of another track than the caller arrived',
  repeated_sequence: 'A message came twice',
  missing_sequence: 'Messages are missing',
  odd_payload: `Audio did not come in frames of ${twilioFrameSamples} bytes`,
  unknown_mark: 'A mark came back that was never sent',
  oversize_message: 'A message is too long',
  flood: 'Messages come too fast',
  broken_frame: 'The WebSocket framing is broken',
};

/**
 * Judges every message of one running call, so that a hostile or broken peer harms nothing but its own call. Each fault
 * is counted by its code, and reported as a warning at the 1st, 10th, 100th, … time. Pure: time comes in as data.
 *
 * | what arrives                                               | code              | what happens                       |
 * |------------------------------------------------------------|-------------------|------------------------------------|
 * | not JSON, no object, a missing field, a wrong type         | malformed_message | dropped; one too many (100): 1008  |
 * | a binary message                                           | binary_message    | dropped; counts as malformed       |
 * | a payload that is not base64                               | bad_base64        | dropped; counts as malformed       |
 * | another stream's streamSid                                 | wrong_stream      | dropped; counts as malformed       |
 * | `connected` or `start` again                               | repeated_start    | dropped; counts as malformed       |
 * | an unknown event (Twilio may add some)                     | unknown_event     | dropped                            |
 * | a track other than `inbound`                               | wrong_track       | dropped                            |
 * | audio or a digit with a sequence number seen before        | repeated_sequence | dropped                            |
 * | a gap in the sequence numbers                              | missing_sequence  | delivered; one count per gap       |
 * | a payload of other than 160 bytes                          | odd_payload       | delivered; an empty one is dropped |
 * | a mark that was never sent                                 | unknown_mark      | dropped                            |
 * | a message over 64 KiB                                      | oversize_message  | closed, 1009                       |
 * | over 500 messages a second, past a burst of 1000           | flood             | closed, 1008                       |
 * | broken WebSocket framing or UTF-8                          | broken_frame      | closed by `ws`, 1002 or 1007       |
 *
 * Before `start` nothing of this applies: there the handshake refuses whatever it does not expect, and `media` or
 * silence for five seconds closes the socket.
 */
export class InboundGuard {
  readonly #streamSid: string;
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
    readonly streamSid: string;
    readonly limits: InboundLimits;
    readonly nowMs: number;
    /** Whether a mark of this name was sent and has not come back. */
    readonly isAwaitedMark: (name: string) => boolean;
    readonly onWarning: (warning: TransportWarning) => void;
    /** The call cannot go on: the socket is to be closed with this code. */
    readonly onIntolerable: (closeCode: number, message: string) => void;
  }) {
    this.#streamSid = options.streamSid;
    this.#limits = options.limits;
    this.#isAwaitedMark = options.isAwaitedMark;
    this.#onWarning = options.onWarning;
    this.#onIntolerable = options.onIntolerable;
    this.#allowance = 2 * options.limits.maxMessagesPerSecond;
    this.#allowanceAtMs = options.nowMs;
  }

  /** How often each fault occurred; those that did not are absent. */
  get stats(): Readonly<Partial<Record<InboundFault, number>>> {
    return Object.fromEntries(this.#counts);
  }

  /** The message to act on, or null where there is nothing to do. `text` is null for a binary message. */
  admit(text: string | null, bytes: number, nowMs: number): CallMessage | null {
    if (bytes > this.#limits.maxMessageBytes) {
      this.note('oversize_message');
      this.#onIntolerable(1009, `A message is longer than ${this.#limits.maxMessageBytes} bytes`);
      return null;
    }
    if (!this.#spendAllowance(nowMs)) {
      this.note('flood');
      this.#onIntolerable(1008, `More than ${this.#limits.maxMessagesPerSecond} messages per second`);
      return null;
    }
    if (text === null) return this.#malformedMessage('binary_message');
    const parsed = parseTwilioMessage(text);
    if (!parsed.ok) {
      if (parsed.code !== 'unknown_event') return this.#malformedMessage(parsed.code, parsed.detail);
      return this.#drop(parsed.code, parsed.detail);
    }
    const { message } = parsed;
    if (message.event === 'connected') return this.#malformedMessage('repeated_start');
    if (message.streamSid !== this.#streamSid) return this.#malformedMessage('wrong_stream');
    if (message.event === 'start') return this.#malformedMessage('repeated_start');
    return this.#inSequence(message);
  }

  /** Counts a fault and warns of it if it is time to. */
  note(code: InboundFault, detail?: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (!isPowerOfTen(count)) return;
    const times = count === 1 ? '' : `, ${count} times by now`;
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
        // An awaited echo is an echo whatever its number; and hundreds of them may come back from one clear.
        if (!this.#isAwaitedMark(message.name)) return message;
        this.#allowance += 1;
        return message;
      case 'stop':
        return message;
      case 'dtmf':
        return isRepeated ? this.#drop('repeated_sequence') : message;
      case 'media':
        if (message.track !== 'inbound') return this.#drop('wrong_track');
        if (isRepeated) return this.#drop('repeated_sequence');
        if (message.payload.length !== twilioFrameSamples) {
          this.note('odd_payload', `${message.payload.length} bytes`);
        }
        return message.payload.length === 0 ? null : message;
    }
  }

  #spendAllowance(nowMs: number): boolean {
    const perSecond = this.#limits.maxMessagesPerSecond;
    const earned = ((nowMs - this.#allowanceAtMs) / 1000) * perSecond;
    this.#allowance = Math.min(2 * perSecond, this.#allowance + earned);
    this.#allowanceAtMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
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

function isPowerOfTen(count: number): boolean {
  let rest = count;
  while (rest >= 10 && rest % 10 === 0) rest /= 10;
  return rest === 1;
}
