/**
 * A relay in virtual time whose sessions need no worker, for tests of everything around the speech. The recogniser's input
 * and the caller's audio can be compared sample by sample, so any damage to a call is visible.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeMulaw, encodeMulaw } from '#src/audio/g711.js';
import type { SessionEvent } from '#src/events/session-event.js';
import { SimulatedPhone, type PlaceCallOptions } from '#src/simulators/phone/simulated-phone.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import { createRelay } from '#src/relay/create.js';
import type { Relay } from '#src/relay/relay.js';
import type { RelayNotice, RelayOptions } from '#src/relay/relay-options.js';
import type { Session } from '#src/session/session.js';
import type { SpeechToText } from '#src/providers/speech-to-text.js';
import type { TextToSpeech } from '#src/providers/text-to-speech.js';
import { passTime, type WireEnd } from './quiet-wire.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';

/** Event-loop turns after which a wait fails. */
const maxTurns = 1_000_000;

/** Resolves when the condition holds. Messages travel meanwhile, but virtual clocks stand still. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < maxTurns; turn++) {
    if (condition()) return;
    await nextTurn();
  }
  throw new Error(`The condition never held: ${condition.toString()}`);
}

/** The sound of every text: 100 ms at 8 kHz without a silent sample, after mu-law coding. */
export const spokenTone = decodeMulaw(encodeMulaw(Int16Array.from({ length: 800 }, (_, i) => 500 + 20 * i)));

/** Speaks every text as {@link spokenTone}. */
export const toneVoice: TextToSpeech = {
  name: 'tone',
  produces: { encodings: ['linear16', 'mulaw'], sampleRatesHz: [8000] },
  open({ onEvent, signal }) {
    let chunk = 0;
    const later = (event: Parameters<typeof onEvent>[0]): void =>
      queueMicrotask(() => {
        if (!signal.aborted) onEvent(event);
      });
    return {
      write() {
        const encoded = { encoding: 'mulaw', bytes: encodeMulaw(spokenTone) } as const;
        later({ type: 'audio', chunk, frame: { samples: spokenTone, sampleRateHz: 8000, encoded } });
        later({ type: 'chunk_done', chunk: chunk++ });
      },
      end: () => later({ type: 'done' }),
      close: () => undefined,
    };
  },
};

/** A recogniser without words that keeps the audio of each call. */
export class KeepingEar implements SpeechToText {
  readonly name = 'keeping';
  readonly accepts = { encodings: ['linear16', 'mulaw'], sampleRatesHz: [8000] } as const;
  readonly #samples: number[] = [];

  get samples(): Int16Array {
    return Int16Array.from(this.#samples);
  }

  open({ onEvent, signal }: Parameters<SpeechToText['open']>[0]): ReturnType<SpeechToText['open']> {
    return {
      write: ({ samples }) => void this.#samples.push(...samples),
      flush: () =>
        queueMicrotask(() => {
          if (!signal.aborted) onEvent({ type: 'final', text: '', endOfUtterance: true });
        }),
      close: () => Promise.resolve(),
    };
  }
}

/** A user-driven phone session that needs no worker. */
export function lightSession(ear = new KeepingEar()): SessionConfig {
  return { inbound: { type: 'twilio' }, stt: ear, tts: toneVoice };
}

/** Options for the phone of a {@link LightCall}. */
export type DialOptions = Partial<Omit<PlaceCallOptions, 'clock'>>;

/** A call with its session. */
export class LightCall {
  readonly phone: SimulatedPhone;
  readonly session: Session;
  readonly #clock: VirtualClock;
  readonly #ear: KeepingEar;

  constructor(phone: SimulatedPhone, session: Session, clock: VirtualClock, ear: KeepingEar) {
    this.phone = phone;
    this.session = session;
    this.#clock = clock;
    this.#ear = ear;
  }

  /** Lets audio run in both directions for `ms`. */
  async pass(ms: number): Promise<void> {
    await passTime(this.#clock, ms, this.phone, this.#wire(), 20);
  }

  /** Each side speaks once; fails unless the other heard exactly that, and nothing else in the whole call. */
  async talk(): Promise<void> {
    const before = tonesIn(this.phone.recording().agent);
    const spoken = this.session.speak('a tone');
    const said = this.phone.say(Int16Array.from({ length: 1600 }, (_, i) => (i % 40) - 20));
    await this.pass(400);
    await Promise.all([said, spoken]);
    const { agent, caller } = this.phone.recording();
    if (tonesIn(agent) !== before + 1) throw new Error('The caller did not hear the agent.');
    const heard = this.#ear.samples;
    const missing = caller.length - heard.length;
    if (missing < 0 || missing > 160) throw new Error(`The recogniser lacks ${missing} samples.`);
    if (heard.some((sample, i) => sample !== caller[i]))
      throw new Error('The recogniser got audio of another call.');
    const warnings = Object.keys(this.session.getMetrics().warnings);
    if (warnings.length > 0) throw new Error(`The healthy call has warnings: ${warnings.join(', ')}.`);
  }

  #wire(): WireEnd {
    const { transport } = this.session;
    if (!transport || !('wire' in transport)) throw new Error('The session has no call.');
    return transport as unknown as WireEnd;
  }
}

/** How often the tone was heard; throws if anything other than the tone and silence was. */
function tonesIn(agent: Int16Array): number {
  const silence = 0;
  let tones = 0;
  for (let at = 0; at < agent.length;) {
    if (agent[at] === silence) {
      at++;
    } else if (spokenTone.every((sample, i) => agent[at + i] === sample)) {
      tones++;
      at += spokenTone.length;
    } else {
      throw new Error(`The caller heard audio that the agent did not send, at sample ${at}.`);
    }
  }
  return tones;
}

export class LightRelay {
  readonly clock: VirtualClock;
  readonly relay: Relay;
  readonly events: SessionEvent[] = [];
  readonly notices: RelayNotice[];
  readonly #ears = new Map<string, KeepingEar>();
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #authToken: string | undefined;
  readonly #phones = new Set<SimulatedPhone>();

  private constructor(options: Partial<RelayOptions>) {
    const notices: RelayNotice[] = [];
    const sessions = new Map<string, Session>();
    this.clock = new VirtualClock();
    this.relay = createRelay({
      port: 0,
      clock: this.clock,
      session: ({ callId = '' }) => {
        const ear = new KeepingEar();
        this.#ears.set(callId, ear);
        return lightSession(ear);
      },
      ...options,
      onSession: (session, call) => {
        sessions.set(call.callId ?? '', session);
        return options.onSession?.(session, call);
      },
      onNotice: (notice) => {
        notices.push(notice);
        options.onNotice?.(notice);
      },
    });
    this.notices = notices;
    this.#sessions = sessions;
    this.#authToken = [options.twilioAuthToken ?? []].flat()[0];
    this.relay.on('*', (event) => this.events.push(event));
  }

  /** Starts a relay that listens. Close it with {@link close}. */
  static async start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
    const light = new LightRelay(options);
    await light.relay.listen();
    return light;
  }

  get url(): string {
    return this.relay.url;
  }

  /** The relay's notices, in one text. */
  get said(): string {
    return this.notices.map(({ message }) => message).join('\n');
  }

  /** A phone that has not dialled yet; it signs its requests if the relay checks signatures. */
  phone(options: DialOptions = {}): SimulatedPhone {
    const phone = new SimulatedPhone({
      voiceUrl: `${this.url}/twilio/voice`,
      clock: this.clock,
      ...(this.#authToken !== undefined && { authToken: this.#authToken }),
      ...options,
    });
    this.#phones.add(phone);
    void phone.ended.then(() => this.#phones.delete(phone));
    return phone;
  }

  /** Places a call; resolves when it is answered and its session has begun. */
  async call(options: DialOptions = {}): Promise<LightCall> {
    const phone = this.phone(options);
    await phone.dial();
    await until(() => this.#sessions.get(phone.callSid)?.transport !== undefined);
    const session = this.#sessions.get(phone.callSid);
    if (!session) throw new Error('The call has no session.');
    await until(() => session.getMetrics().ageMs !== null);
    return new LightCall(phone, session, this.clock, this.#ears.get(phone.callSid) ?? new KeepingEar());
  }

  /** Ends the calls and the relay, moving time only as needed. Every phone must have dialled. */
  async close(): Promise<void> {
    await this.run(this.relay.close());
    await Promise.all([...this.#phones].map(({ ended }) => ended));
  }

  /** Lets time pass until the promise has settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const outcome = { settled: false };
    const mark = (): void => {
      outcome.settled = true;
    };
    promise.then(mark, mark);
    for (let step = 0; step < 300; step++) {
      for (let turn = 0; turn < 50; turn++) {
        if (outcome.settled) return promise;
        await nextTurn();
      }
      // An answer may need a file, whose reading takes real time.
      await until(() => outcome.settled || ![...this.#phones].some((phone) => phone.waitsForRelay));
      this.clock.advance(100);
    }
    throw new Error('The promise did not settle in half a minute of virtual time.');
  }
}
