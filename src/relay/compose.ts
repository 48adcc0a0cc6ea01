/**
 * The one place where config becomes objects. A relay's sessions with the same provider config share the provider, with
 * its workers, models and connections.
 *
 * Who closes what: the relay closes its supervisors and the providers that it made by name. A supervisor closes its
 * candidates. An object that the user passes in is lent: only the user closes it.
 */
import { negotiateFormat, type AudioFormat } from '../audio/audio-frame.js';
import { within, type Clock } from '../core/clock.js';
import type { ProviderKind } from '../core/errors.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import { startupCheck } from '../providers/probe.js';
import { oneErrorOf } from '../providers/provider-failures.js';
import { builtInRegistry } from '../providers/registry.js';
import { functionModel, type ModelFunction } from '../providers/function-model.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { ProviderOf } from '../providers/provider-definition.js';
import { supervisedLanguageModel } from '../fallback/llm/supervised-language-model.js';
import { digitWordsOf } from '../session/turn-taking/digit-words.js';
import type { SessionParts } from '../session/session-parts.js';
import { defaultTurnTaking } from '../session/turn-taking/turn-taking.js';
import { unsayableTexts } from '../session/unsayable-texts.js';
import type { SpeechToText } from '../providers/speech-to-text.js';
import { supervisedSpeechToText } from '../fallback/stt/supervised-speech-to-text.js';
import type { Candidate, Probable } from '../fallback/policy/candidate.js';
import type { Supervision } from '../fallback/policy/supervision.js';
import { transportOf } from '../transport/registry.js';
import { supervisedTextToSpeech } from '../fallback/tts/supervised-text-to-speech.js';
import type { TextToSpeech } from '../providers/text-to-speech.js';
import type { VoiceActivityDetection } from '../vad/voice-activity-detector.js';
import type { VoiceChecking } from '../vad/voice-check.js';
import { sileroVoiceCheck } from '../vad/silero/silero.js';
import { webRtcVad } from '../vad/webrtc-vad.js';
import type { ResolvedConfig } from './config/config.js';
import {
  guardedGiven,
  makeProvider,
  providerFields,
  type NamedProvider,
  type ResolvedLlm,
  type ResolvedStt,
  type ResolvedTts,
} from './config/provider-config.js';
import { WeakCollection } from './weak-collection.js';

/** The user's own model may have side effects, so it is not retried, and may be slower than a cloud model. */
const ownModelSupervision: Partial<Supervision> = { attempts: 1, firstResultTimeoutMs: 30_000 };

/** Without its only recogniser a call is lost, so retry more often than with a fallback. */
const loneRecogniserSupervision: Partial<Supervision> = { attempts: 5 };

/** Longest wait for providers to close, as for the streams of a session. */
const closeWithinMs = 5000;

interface Closable {
  warmUp?(format?: AudioFormat): Promise<void> | Promise<readonly ProviderNotice[]>;
  close?(): Promise<void>;
}

/** The providers of one relay, made when they are first needed. */
export class Providers {
  readonly #shared = new Map<string, Closable>();
  readonly #vad = webRtcVad();
  readonly #voiceChecking = sileroVoiceCheck();
  readonly #functions = new WeakMap<ModelFunction, LanguageModel>();
  readonly #ids = new WeakMap<object, number>();
  /** Guards of the user's objects. */
  readonly #guards = { stt: new WeakMap(), llm: new WeakMap(), tts: new WeakMap() } as const;
  /** Providers made here; all others are the user's. */
  readonly #made = new WeakSet();
  /** Supervisors of fallback lists that contain a user's provider, by the first such provider. */
  readonly #ofLent = new WeakMap<object, Map<string, Closable>>();
  /** The same supervisors, for {@link close}. */
  readonly #supervisorsOfLent = new WeakCollection<Closable>();
  /** Running start-up checks, by provider. */
  readonly #checks = new WeakMap<object, Promise<readonly ProviderNotice[]>>();
  #nextId = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Everything a session of this config needs. */
  parts(config: ResolvedConfig, id: string): SessionParts {
    const stt = this.#recogniser(config);
    const { finalTimeoutMs = defaultTurnTaking.finalTimeoutMs } = stt;
    const digitWords = digitWordsOf(config.agent?.language ?? 'en');
    return {
      id,
      clock: this.#clock,
      transportType: config.type,
      vad: this.#vad,
      voiceChecking: this.#checksVoices(config) ? this.#voiceChecking : null,
      stt,
      llm: config.agent ? this.#model(config) : null,
      tts: this.#voice(config),
      fallbackVoice: config.agent ? this.#tts(config.apologyVoice) : null,
      agent: config.agent,
      speculation: config.llm.every((llm) => this.#answersEarly(llm)) ? config.speculation : null,
      turnTaking: { ...defaultTurnTaking, digitWords, finalTimeoutMs, ...config.turnTaking },
      limits: config.limits,
      prices: config.prices,
      reconnect: config.reconnect,
    };
  }

  /** Texts of this config that a voice cannot say, so the caller would not hear them. */
  unsayableTexts(config: ResolvedConfig): readonly ProviderNotice[] {
    return unsayableTexts(this.parts(config, ''));
  }

  /**
   * Loads what sessions of this config need, so that the first call does not wait; null loads what any session needs.
   * Resolves with the providers' notices. Rejects with a provider's error; if several fail, with one ProviderError that
   * lists all.
   */
  async warmUp(config: ResolvedConfig | null): Promise<readonly ProviderNotice[]> {
    const checking = !config || this.#checksVoices(config) ? this.#voiceChecking : null;
    const loading = [loadHearing(this.#vad, checking)];
    if (config) {
      const tts = this.#voice(config);
      const format = negotiateFormat(transportOf(config.type).plays, tts.produces);
      loading.push(warm(this.#recogniser(config)), warm(tts, format));
      if (config.agent) loading.push(warm(this.#model(config)));
    }
    const loaded = await Promise.allSettled(loading);
    const failures = loaded.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    if (failures.length > 0) throw oneErrorOf(failures);
    return loaded.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  /** Ends workers, connections and probes. Idempotent. Never rejects, and waits at most 5 s: a provider may be the user's own. */
  async close(): Promise<void> {
    const providers = [...this.#shared.values(), ...this.#supervisorsOfLent.living];
    this.#shared.clear();
    const closed = Promise.allSettled(providers.map(async (provider) => provider.close?.()));
    await within(this.#clock, closeWithinMs, closed);
  }

  #recogniser({ stt, supervision }: ResolvedConfig): SpeechToText {
    const candidates = stt.map((one) => this.#candidate(one, this.#stt(one)));
    const options = candidates.length === 1 ? { ...loneRecogniserSupervision, ...supervision } : supervision;
    return this.#supervised('stt', candidates, options, supervisedSpeechToText);
  }

  #model({ llm, supervision }: ResolvedConfig): LanguageModel {
    const candidates = llm.map((one) => this.#candidate(one, this.#llm(one)));
    const isOwn = candidates.length === 1 && candidates.every(({ lent }) => lent === true);
    const options = isOwn ? { ...ownModelSupervision, ...supervision } : supervision;
    return this.#supervised('llm', candidates, options, supervisedLanguageModel);
  }

  #voice({ tts, supervision }: ResolvedConfig): TextToSpeech {
    const candidates = tts.map((one) => this.#candidate(one, this.#tts(one)));
    return this.#supervised('tts', candidates, supervision, supervisedTextToSpeech);
  }

  #candidate<P extends Probable>(resolved: object, provider: P): Candidate<P> {
    const { slaMs, definition } = resolved as Partial<NamedProvider>;
    const isOwn = definition !== undefined && !builtInRegistry.all.includes(definition);
    return {
      provider,
      lent: !this.#made.has(provider),
      ...(slaMs !== undefined && { slaMs }),
      ...(isOwn && provider.probe && { checkAtStart: () => this.#checkAtStart(provider) }),
    };
  }

  /** One check at a time for each provider, however many transports are being prepared. */
  #checkAtStart(provider: Probable): Promise<readonly ProviderNotice[]> {
    const running = this.#checks.get(provider);
    if (running) return running;
    const check = startupCheck(async (signal) => (await provider.probe?.(signal)) ?? [], this.#clock);
    this.#checks.set(provider, check);
    const forget = (): unknown => this.#checks.delete(provider);
    check.then(forget, forget);
    return check;
  }

  #stt(stt: ResolvedStt): SpeechToText {
    return 'definition' in stt ? (this.#named(stt) as SpeechToText) : this.#given('stt', stt);
  }

  #llm(llm: ResolvedLlm): LanguageModel {
    if (typeof llm === 'function') return this.#ofFunction(llm);
    return 'definition' in llm ? (this.#named(llm) as LanguageModel) : this.#given('llm', llm);
  }

  #tts(tts: ResolvedTts): TextToSpeech {
    return 'definition' in tts ? (this.#named(tts) as TextToSpeech) : this.#given('tts', tts);
  }

  #named(named: NamedProvider): SpeechToText | LanguageModel | TextToSpeech {
    const { definition } = named;
    const key = { definition: this.#idOf(definition), fields: providerFields(named) };
    return this.#share(definition.kind, key, () => makeProvider(named, this.#clock));
  }

  /** Whether a sound must have a voice to be speech. */
  #checksVoices({ turnTaking }: ResolvedConfig): boolean {
    return (turnTaking.voiceThreshold ?? defaultTurnTaking.voiceThreshold) > 0;
  }

  /** Whether the model may be asked before the turn is certain: a model of the user's own only if it says so. */
  #answersEarly(llm: ResolvedLlm): boolean {
    const isBuiltIn = 'definition' in llm && builtInRegistry.all.includes(llm.definition);
    return isBuiltIn || (typeof llm === 'function' ? llm : this.#llm(llm)).speculative === true;
  }

  /** The guard of the user's object: the same one for the same object, for as long as that lives. */
  #given<Kind extends ProviderKind>(kind: Kind, provider: ProviderOf[Kind]): ProviderOf[Kind] {
    const known = this.#guards[kind].get(provider) as ProviderOf[Kind] | undefined;
    if (known) return known;
    const guarded = guardedGiven(kind, provider);
    this.#guards[kind].set(provider, guarded);
    return guarded;
  }

  /** The same model for the same function, so that sessions with the same config share a supervisor. */
  #ofFunction(answer: ModelFunction): LanguageModel {
    const known = this.#functions.get(answer);
    if (known) return known;
    const model = guardedGiven('llm', functionModel(answer));
    this.#functions.set(answer, model);
    return model;
  }

  /** Sessions with the same fallback list share its supervisor, and with it the state of the candidates. */
  #supervised<P extends object, S extends Closable>(
    kind: string,
    candidates: readonly Candidate<P>[],
    supervision: Partial<Supervision>,
    make: (options: {
      readonly candidates: readonly Candidate<P>[];
      readonly clock: Clock;
      readonly supervision: Partial<Supervision>;
    }) => S,
  ): S {
    const key = {
      candidates: candidates.map(({ provider, slaMs }) => [this.#idOf(provider), slaMs]),
      supervision,
    };
    const build = (): S => make({ candidates, clock: this.#clock, supervision });
    const first = candidates.find(({ lent }) => lent === true);
    if (!first) return this.#share(`supervised ${kind}`, key, build);
    // The supervisor lives only as long as the user's object, since some users make a new one for every call.
    const ofLent = this.#ofLent.get(first.provider) ?? new Map<string, Closable>();
    this.#ofLent.set(first.provider, ofLent);
    return shared(ofLent, JSON.stringify(key), () => {
      const supervisor = build();
      this.#supervisorsOfLent.add(supervisor);
      return supervisor;
    });
  }

  #idOf(provider: object): number {
    const known = this.#ids.get(provider);
    if (known !== undefined) return known;
    const id = this.#nextId++;
    this.#ids.set(provider, id);
    return id;
  }

  #share<T extends Closable>(kind: string, options: object, make: () => T): T {
    // JSON drops functions and cannot tell class instances apart, so both are replaced by an id.
    const optionsKey = JSON.stringify(options, (_name, value: unknown) =>
      isOpaque(value) ? { id: this.#idOf(value) } : value,
    );
    return shared(this.#shared, `${kind} ${optionsKey}`, () => {
      const made = make();
      this.#made.add(made);
      return made;
    });
  }
}

/** Whether JSON cannot represent the value: a function or a class instance. */
function isOpaque(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const prototype: unknown = Object.getPrototypeOf(value);
  return !Array.isArray(value) && prototype !== Object.prototype && prototype !== null;
}

/** The value under this key; made first if there is none. */
function shared<T extends Closable>(known: Map<string, Closable>, key: string, make: () => T): T {
  const found = known.get(key) as T | undefined;
  if (found) return found;
  const made = make();
  known.set(key, made);
  return made;
}

/** Loads a provider. Resolves with its notices. */
export async function warm(provider: Closable, format?: AudioFormat): Promise<readonly ProviderNotice[]> {
  return (await provider.warmUp?.(format)) ?? [];
}

async function loadHearing(
  vad: VoiceActivityDetection,
  checking: VoiceChecking | null,
): Promise<readonly ProviderNotice[]> {
  const [detector] = await Promise.all([vad.create(), checking?.create()]);
  detector.close();
  return [];
}
