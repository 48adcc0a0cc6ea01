/**
 * A whole call in virtual time: a real relay, real sockets, real recogniser and synthesis workers, and a simulated phone,
 * all on one clock that moves only when nothing is under way. Minutes of conversation take seconds, and every run is alike.
 */
import { setImmediate as nextTick } from 'node:timers/promises';
import type { SessionEvent } from '../events/session-event.js';
import { replayCall, type ReplayCallOptions, type ReplayResult } from '../replay/replay-call.js';
import type { SessionConfig } from '../server/config.js';
import { createRelay } from '../server/create.js';
import type { Relay } from '../server/relay.js';
import type { RelayOptions } from '../server/relay-options.js';
import { localSpeechToText, type LocalSpeechToText } from '../stt/local/local-speech-to-text.js';
import { localTextToSpeech, type LocalTextToSpeech } from '../tts/local/local-text-to-speech.js';
import { VirtualClock } from './virtual-clock.js';

/** Something whose work goes on outside the clock. */
interface Worker {
  idle(): Promise<void>;
}

/** A socket's count of messages in each direction. */
interface Wire {
  readonly sent: number;
  readonly received: number;
}

/** Time moves in steps of this length: the frames of a phone call. */
const stepMs = 20;
/** Looks at the wires in a row that must find everything quiet. */
const quietLooks = 3;

/** The embedded providers, shared by the calls of a test file; whoever made them closes them. */
export class TestVoices {
  readonly stt: LocalSpeechToText = localSpeechToText();
  readonly tts: LocalTextToSpeech = localTextToSpeech();

  async warmUp(): Promise<void> {
    await Promise.all([this.stt.warmUp(), this.tts.warmUp()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.stt.close(), this.tts.close()]);
  }
}

export class VirtualRelay {
  readonly clock: VirtualClock;
  readonly relay: Relay;
  readonly events: SessionEvent[] = [];
  readonly #workers: readonly Worker[];
  #calls = 0;

  private constructor(relay: Relay, clock: VirtualClock, voices: TestVoices) {
    this.relay = relay;
    this.clock = clock;
    this.#workers = [voices.stt, voices.tts];
    relay.on('*', (event) => this.events.push(event));
  }

  /** A listening relay whose sessions use the given voices. Close it with {@link close}. */
  static async start(
    voices: TestVoices,
    session: Partial<SessionConfig> = {},
    options: Partial<RelayOptions> = {},
  ): Promise<VirtualRelay> {
    const clock = new VirtualClock();
    const relay = createRelay({
      port: 0,
      clock,
      session: { inbound: { type: 'twilio' }, stt: voices.stt, tts: voices.tts, ...session },
      ...options,
    });
    await relay.listen();
    return new VirtualRelay(relay, clock, voices);
  }

  /** A call from the first ring to the last event. Several may run at once; {@link run} moves their time. */
  call(options: Pick<ReplayCallOptions, 'recordings'> & Partial<ReplayCallOptions>): Promise<ReplayResult> {
    this.#calls++;
    return replayCall({
      url: this.relay.url,
      clock: this.clock,
      events: {
        subscribe: (listener) => {
          this.relay.on('*', listener);
          return () => this.relay.off('*', listener);
        },
      },
      ...options,
    }).finally(() => this.#calls--);
  }

  /** Moves time until the promise has settled, and gives its value. Fails when `limitMs` of virtual time are not enough. */
  async run<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    for (const endMs = this.clock.nowMs() + limitMs; ; ) {
      await this.settle();
      if (settled) return promise;
      if (this.clock.nowMs() > endMs) throw new Error(`Nothing came of it in ${limitMs} ms of virtual time.`);
      this.clock.advance(stepMs);
    }
  }

  /** Resolves when no message is on a wire and no worker has anything to do. */
  async settle(): Promise<void> {
    let before = '';
    for (let quiet = 0; quiet < quietLooks;) {
      await nextTick();
      await Promise.all(this.#workers.map((worker) => worker.idle()));
      const now = JSON.stringify([this.#wires(), this.events.length, this.#calls]);
      quiet = now === before && this.#wiresAreQuiet() ? quiet + 1 : 0;
      before = now;
    }
  }

  /** Ends the relay, moving time as its farewells need. */
  async close(): Promise<void> {
    await this.run(this.relay.close());
  }

  #wires(): Wire[] {
    return this.relay.sessions.flatMap(({ transport }) => (transport && hasWire(transport) ? [transport.wire] : []));
  }

  #wiresAreQuiet(): boolean {
    return true;
  }
}

function hasWire(transport: object): transport is { readonly wire: Wire } {
  return 'wire' in transport;
}
