/**
 * A whole call in virtual time: a real relay, real sockets, real recogniser and synthesis workers, and a simulated
 * phone or browser, all on one clock that advances only when nothing is in flight. Minutes of conversation take
 * seconds, and every run is the same.
 */
import { setImmediate as nextTick } from 'node:timers/promises';
import type { SessionEvent } from '../events/session-event.js';
import { replayCall, type ReplayCallOptions, type ReplayResult } from '../replay/replay-call.js';
import type { Caller, WireCount } from '../replay/caller.js';
import type { SessionConfig } from '../relay/config/config.js';
import { createRelay } from '../relay/create.js';
import type { Relay } from '../relay/relay.js';
import type { RelayOptions } from '../relay/relay-options.js';
import { localSpeechToText, type LocalSpeechToText } from '../providers/local/stt/local-speech-to-text.js';
import { localTextToSpeech, type LocalTextToSpeech } from '../providers/local/tts/local-text-to-speech.js';
import { VirtualClock } from '../simulators/virtual-clock.js';

/** Something that works outside the virtual clock. */
interface Worker {
  idle(): Promise<void>;
}

/** What a relay shares with its surroundings, for example simulated providers. */
export interface VirtualSurroundings {
  readonly clock: VirtualClock;
  readonly workers: readonly Worker[];
}

/** The number of consecutive checks that must find the wires quiet. */
const quietLooks = 3;
/** Real time after which a missing message counts as lost: browsers' audio goes over UDP. */
const lostAfterMs = 15_000;

/**
 * The embedded providers, shared by the calls of a test file, with one thread each: to load more takes longer than they
 * would save, as virtual time waits for them. Their maker closes them.
 */
export class TestVoices {
  readonly stt: LocalSpeechToText = localSpeechToText({ workers: 1 });
  readonly tts: LocalTextToSpeech = localTextToSpeech({ workers: 1 });

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
  /** The clock's step, by default the length of a call's frames. Events within one step have the same time. */
  stepMs = 20;
  readonly #workers: readonly Worker[];
  readonly #callers = new Set<Caller>();
  readonly #over = new WeakSet<Caller>();

  private constructor(relay: Relay, clock: VirtualClock, workers: readonly Worker[]) {
    this.relay = relay;
    this.clock = clock;
    this.#workers = workers;
    relay.on('*', (event) => this.events.push(event));
  }

  /**
   * A listening relay whose sessions use the given voices. Time also waits for `workers`, which sessions use
   * besides. Close it with {@link close}.
   */
  static async start(
    voices: TestVoices,
    session: Partial<SessionConfig> = {},
    options: Partial<RelayOptions> = {},
    { clock = new VirtualClock(), workers = [] }: Partial<VirtualSurroundings> = {},
  ): Promise<VirtualRelay> {
    const relay = createRelay({
      port: 0,
      clock,
      session: {
        stt: voices.stt,
        tts: voices.tts,
        ...session,
        // Time waits for these voices only, so no other voice may be used.
        ...(session.agent && { agent: { apologyVoice: voices.tts, ...session.agent } }),
      },
      ...options,
    });
    await relay.listen();
    return new VirtualRelay(relay, clock, [voices.stt, voices.tts, ...workers]);
  }

  /** A call from the first ring to the last event. Several may run at once; {@link run} moves their time. */
  call(options: Pick<ReplayCallOptions, 'recordings'> & Partial<ReplayCallOptions>): Promise<ReplayResult> {
    let placed: Caller | null = null;
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
      onCaller: (caller) => {
        placed = caller;
        this.#callers.add(caller);
        void caller.ended.then(() => this.#over.add(caller));
        options.onCaller?.(caller);
      },
    }).finally(() => {
      if (placed) this.#callers.delete(placed);
    });
  }

  /** Advances time until the promise settles, and returns its value. Throws after `limitMs` of virtual time. */
  async run<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    const settled = new AbortController();
    const mark = (): void => settled.abort();
    promise.then(mark, mark);
    for (const endMs = this.clock.nowMs() + limitMs; ;) {
      await this.settle();
      if (settled.signal.aborted) return promise;
      if (this.clock.nowMs() > endMs)
        throw new Error(`The promise did not settle within ${limitMs} ms of virtual time.`);
      this.clock.advance(this.stepMs);
    }
  }

  /** Resolves when no message is in flight and all workers are idle; rejects if a message seems to be lost. */
  async settle(): Promise<void> {
    let before = '';
    let changedMs = performance.now();
    for (let quiet = 0; quiet < quietLooks;) {
      await nextTick();
      await Promise.all(this.#workers.map((worker) => worker.idle()));
      const wires = [...this.#callers].map((caller) => this.#wiresOf(caller));
      const now = JSON.stringify([wires, this.events.length]);
      const isSilent = wires.every(isQuiet);
      quiet = now === before && isSilent ? quiet + 1 : 0;
      if (now !== before) changedMs = performance.now();
      else if (!isSilent && performance.now() - changedMs > lostAfterMs)
        throw new Error(`A message seems to be lost; the wires do not become quiet: ${now}`);
      before = now;
    }
  }

  /** Closes the relay, advancing time as its shutdown needs. */
  async close(): Promise<void> {
    await this.run(this.relay.close());
  }

  #wiresOf(caller: Caller): Wires {
    const { callId } = caller;
    const session =
      callId === null
        ? undefined
        : this.relay.sessions.find(({ transport }) => transport?.call.callId === callId);
    const transport = session?.state === 'ended' ? null : session?.transport;
    return {
      waits: caller.waitsForRelay,
      caller: caller.wire,
      relay: transport && hasWire(transport) ? transport.wire : null,
      // After the connection opens and before the session starts, the relay's end belongs to no session.
      starting: caller.answered && !this.#over.has(caller) && !this.#known(callId),
      ending: !this.#over.has(caller) && !caller.isAway && this.#hasClosed(callId),
    };
  }

  /** Whether the relay has ended the call and closes its connection, which a browser soon notices. */
  #hasClosed(callId: string | null): boolean {
    const start = this.events.find((event) => event.type === 'session.start' && event.callId === callId);
    if (start?.type !== 'session.start' || start.transport !== 'webrtc') return false;
    return this.events.some(({ type, sessionId }) => type === 'session.end' && sessionId === start.sessionId);
  }

  #known(callId: string | null): boolean {
    return this.events.some((event) => event.type === 'session.start' && event.callId === callId);
  }
}

/** Both ends of a call's connection. */
interface Wires {
  readonly waits: boolean;
  readonly starting: boolean;
  readonly ending: boolean;
  readonly caller: WireCount;
  readonly relay: WireCount | null;
}

function isQuiet({ waits, starting, ending, caller, relay }: Wires): boolean {
  if (waits || starting || ending) return false;
  return relay === null || (caller.sent === relay.received && relay.sent === caller.received);
}

function hasWire(transport: object): transport is { readonly wire: WireCount } {
  return 'wire' in transport;
}
