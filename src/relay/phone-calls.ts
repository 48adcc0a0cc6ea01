/**
 * The phone calls of a carrier that opens media streams: one call is one session. A carrier that lost a stream opens
 * another, and so does one whose webhook was answered late; the later stream takes the call over. A stream of an earlier
 * answer is refused once a later one exists.
 */
import type { Session } from '../session/session.js';
import type { MediaStart } from '../transport/media-stream/media-handshake.js';
import type { MediaStreamTransport } from '../transport/media-stream/media-stream-transport.js';
import type { StreamRecall } from './stream-recall.js';

/** A session and the transport that carries it. */
export interface Line {
  readonly session: Session;
  readonly transport: MediaStreamTransport;
  /** Asks the carrier for another stream; null where the relay cannot. */
  readonly recall: StreamRecall | null;
}

/** One call, from its first stream to the end of its session. */
export class PhoneCall {
  /** The webhook answer that asked for the latest stream. */
  #answer: number;
  /** The call's line; null if it got no session. */
  readonly #line: Promise<Line | null>;
  #openLine!: (line: Line | null) => void;
  #current: Line | null = null;

  constructor(answer: number) {
    this.#answer = answer;
    this.#line = new Promise((resolve) => {
      this.#openLine = resolve;
    });
  }

  /** The call has its session, or gets none. */
  opened(line: Line | null): void {
    this.#current = line;
    this.#openLine(line);
  }

  /**
   * A later stream of the call takes it over. Resolves with `superseded` if there is a still later one, and with `over`
   * if the call has ended.
   */
  async takeOver(start: MediaStart, answer: number): Promise<'goes_on' | 'superseded' | 'over'> {
    if (answer < this.#answer) return 'superseded';
    this.#answer = answer;
    const line = await this.#line;
    if (answer !== this.#answer) return 'superseded';
    return line?.transport.reattach(start) ? 'goes_on' : 'over';
  }

  /**
   * The carrier says that a stream has ended, and asks what comes next; `answer` is the one that had asked for the stream,
   * if the carrier tells. Resolves when the carrier may be answered.
   */
  async asked(cause: string, answer: number | null): Promise<void> {
    // What follows an earlier stream says nothing of the present one, which another way may have opened meanwhile.
    if (answer === null || answer >= this.#answer) this.#current?.transport.lose(cause);
    await this.#current?.recall?.asked();
  }

  /** The caller has hung up. Resolves when the session is closed. */
  async hangUp(): Promise<void> {
    await this.#current?.session.end('hangup');
  }
}

export class PhoneCalls {
  readonly #calls = new Map<string, PhoneCall>();
  #answers = 0;

  /** Returns the number of the next webhook answer; a stream carries the number of the answer that asked for it. */
  nextAnswer(): number {
    return ++this.#answers;
  }

  get(callSid: string): PhoneCall | null {
    return this.#calls.get(callSid) ?? null;
  }

  /** The call begins with a stream of this answer. {@link PhoneCall.opened} must follow, and {@link close}. */
  begin(callSid: string, answer: number): PhoneCall {
    const call = new PhoneCall(answer);
    this.#calls.set(callSid, call);
    return call;
  }

  close(callSid: string, call: PhoneCall): void {
    if (this.#calls.get(callSid) === call) this.#calls.delete(callSid);
  }
}
