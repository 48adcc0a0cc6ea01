/**
 * The one place where config becomes objects. Providers by name are shared by all sessions of a relay that name them alike,
 * with their workers, models and connections; what the user brings is used as it is and never closed here.
 */
import { negotiateFormat, type AudioFormat } from '../audio/audio-frame.js';
import type { Clock } from '../clock.js';
import { functionModel, type ModelFunction } from '../llm/function-model.js';
import type { LanguageModel } from '../llm/language-model.js';
import { appointmentDesk } from '../llm/local/appointment-desk.js';
import { openAiLanguageModel } from '../llm/openai/openai-language-model.js';
import { supervisedLanguageModel } from '../llm/supervised-language-model.js';
import type { SessionParts } from '../session/session-parts.js';
import { defaultTurnTaking } from '../session/turn-taking.js';
import { deepgramSpeechToText } from '../stt/deepgram/deepgram-speech-to-text.js';
import { localSpeechToText } from '../stt/local/local-speech-to-text.js';
import type { SpeechToText } from '../stt/speech-to-text.js';
import { supervisedSpeechToText } from '../stt/supervised-speech-to-text.js';
import type { Member } from '../supervisor/line-up.js';
import type { Supervision } from '../supervisor/supervision.js';
import { twilioFormat } from '../transport/twilio/twilio-messages.js';
import { webRtcOutputFormat } from '../transport/webrtc/outbound-audio.js';
import { elevenLabsTextToSpeech } from '../tts/elevenlabs/elevenlabs-text-to-speech.js';
import { localTextToSpeech } from '../tts/local/local-text-to-speech.js';
import { supervisedTextToSpeech } from '../tts/supervised-text-to-speech.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import type { VoiceActivityDetection } from '../vad/voice-activity-detector.js';
import { webRtcVad } from '../vad/webrtc-vad.js';
import type { ResolvedConfig } from './config.js';
import type { ResolvedLlm, ResolvedStt, ResolvedTts } from './provider-config.js';

/** A model of the user's may do things that must not be done twice, and take longer over them than a model does. */
const ownModelSupervision: Partial<Supervision> = { attempts: 1, firstResultTimeoutMs: 30_000 };

/** A call whose only recogniser is gone is as good as over, so that more is worth trying than with another at hand. */
const loneRecogniserSupervision: Partial<Supervision> = { attempts: 5 };

interface Closable {
  warmUp?(format?: AudioFormat): Promise<void>;
  close?(): Promise<void>;
}

/** What each transport plays. */
const playedFormats = { twilio: twilioFormat, webrtc: webRtcOutputFormat } as const;

/** The providers of one relay, made when they are first needed. */
export class Providers {
  readonly #shared = new Map<string, Closable>();
  readonly #vad = webRtcVad();
  readonly #functions = new WeakMap<ModelFunction, LanguageModel>();
  readonly #ids = new WeakMap<object, number>();
  /** Providers that were made here, rather than brought by the user. */
  readonly #made = new WeakSet();
  /** Supervisors of lists with a provider of the user's, by that provider. */
  readonly #ofOwned = new WeakMap<object, Map<string, Closable>>();
  #nextId = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Everything a session of this config needs. */
  parts(config: ResolvedConfig, id: string): SessionParts {
    const stt = this.#recogniser(config);
    const { finalTimeoutMs = defaultTurnTaking.finalTimeoutMs } = stt;
    return {
      id,
      clock: this.#clock,
      transportType: config.type,
      vad: this.#vad,
      stt,
      llm: config.agent ? this.#model(config) : null,
      tts: this.#voice(config),
      lastResort: config.agent ? this.#tts(config.apologyVoice) : null,
      agent: config.agent,
      turnTaking: { ...defaultTurnTaking, finalTimeoutMs, ...config.turnTaking },
      limits: config.limits,
    };
  }

  /**
   * Loads what sessions of this config will need, so that the first call does not wait for it; null for what any session
   * needs. Throws what the providers throw.
   */
  async warmUp(config: ResolvedConfig | null): Promise<void> {
    const loading = [loadVad(this.#vad)];
    if (config) {
      const tts = this.#voice(config);
      const format = negotiateFormat(playedFormats[config.type], tts.produces);
      loading.push(warm(this.#recogniser(config)), warm(tts, format));
      if (config.agent) loading.push(warm(this.#model(config)));
    }
    await Promise.all(loading);
  }

  /** Ends workers, connections and probes. Idempotent. */
  async close(): Promise<void> {
    const providers = [...this.#shared.values()];
    this.#shared.clear();
    await Promise.all(providers.map(async (provider) => provider.close?.()));
  }

  #recogniser({ stt, supervision }: ResolvedConfig): SpeechToText {
    const members = stt.map((one) => ({ provider: this.#stt(one), ...slaOf(one) }));
    const options = members.length === 1 ? { ...loneRecogniserSupervision, ...supervision } : supervision;
    return this.#supervised('stt', members, options, supervisedSpeechToText);
  }

  #model({ llm, supervision }: ResolvedConfig): LanguageModel {
    const members = llm.map((one) => ({ provider: this.#llm(one), ...slaOf(one) }));
    const isOwn = members.length === 1 && members.every(({ provider }) => !this.#made.has(provider));
    const options = isOwn ? { ...ownModelSupervision, ...supervision } : supervision;
    return this.#supervised('llm', members, options, supervisedLanguageModel);
  }

  #voice({ tts, supervision }: ResolvedConfig): TextToSpeech {
    const members = tts.map((one) => ({ provider: this.#tts(one), ...slaOf(one) }));
    return this.#supervised('tts', members, supervision, supervisedTextToSpeech);
  }

  #stt(stt: ResolvedStt): SpeechToText {
    if ('open' in stt) return stt;
    switch (stt.provider) {
      case 'local': {
        const { grammar, words } = stt;
        return this.#share('stt', { grammar, words }, () =>
          localSpeechToText({ ...(grammar && { grammar }), ...(words && { words }) }),
        );
      }
      case 'deepgram':
        return this.#share('stt', stt, () => deepgramSpeechToText({ ...stt, clock: this.#clock }));
    }
  }

  #llm(llm: ResolvedLlm): LanguageModel {
    if (typeof llm === 'function') return this.#ofFunction(llm);
    if ('generate' in llm) return llm;
    switch (llm.provider) {
      case 'local':
        return this.#share('llm', {}, () => appointmentDesk());
      case 'openai':
        return this.#share('llm', llm, () => openAiLanguageModel({ ...llm, clock: this.#clock }));
    }
  }

  #tts(tts: ResolvedTts): TextToSpeech {
    if ('open' in tts) return tts;
    switch (tts.provider) {
      case 'local': {
        const { voice } = tts;
        return this.#share('tts', { voice }, () => localTextToSpeech(voice ? { voice } : {}));
      }
      case 'elevenlabs':
        return this.#share('tts', tts, () => elevenLabsTextToSpeech({ ...tts, clock: this.#clock }));
    }
  }

  /** The same model for the same function, so that sessions which are configured alike share their supervisor. */
  #ofFunction(answer: ModelFunction): LanguageModel {
    const known = this.#functions.get(answer);
    if (known) return known;
    const model = functionModel(answer);
    this.#functions.set(answer, model);
    return model;
  }

  /** Sessions with the same list share what is known about its providers. */
  #supervised<P extends object, S extends Closable>(
    kind: string,
    members: readonly Member<P>[],
    supervision: Partial<Supervision>,
    make: (options: {
      readonly members: readonly Member<P>[];
      readonly clock: Clock;
      readonly supervision: Partial<Supervision>;
    }) => S,
  ): S {
    const key = { members: members.map(({ provider, slaMs }) => [this.#idOf(provider), slaMs]), supervision };
    const build = (): S => make({ members, clock: this.#clock, supervision });
    const owned = members.find(({ provider }) => !this.#made.has(provider));
    if (!owned) return this.#share(`supervised ${kind}`, key, build);
    // It lives as long as the user's object: some make a new one for every call.
    const ofOwned = this.#ofOwned.get(owned.provider) ?? new Map<string, Closable>();
    this.#ofOwned.set(owned.provider, ofOwned);
    return shared(ofOwned, JSON.stringify(key), build);
  }

  #idOf(provider: object): number {
    const known = this.#ids.get(provider);
    if (known !== undefined) return known;
    const id = this.#nextId++;
    this.#ids.set(provider, id);
    return id;
  }

  #share<T extends Closable>(kind: string, options: object, make: () => T): T {
    return shared(this.#shared, `${kind} ${JSON.stringify(options)}`, () => {
      const made = make();
      this.#made.add(made);
      return made;
    });
  }
}

/** What is known under this key, made first if need be. */
function shared<T extends Closable>(known: Map<string, Closable>, key: string, make: () => T): T {
  const found = known.get(key) as T | undefined;
  if (found) return found;
  const made = make();
  known.set(key, made);
  return made;
}

function slaOf(config: object): { readonly slaMs?: number } {
  return 'slaMs' in config && typeof config.slaMs === 'number' ? { slaMs: config.slaMs } : {};
}

async function warm(provider: Closable, format?: AudioFormat): Promise<void> {
  await provider.warmUp?.(format);
}

async function loadVad(vad: VoiceActivityDetection): Promise<void> {
  const detector = await vad.create();
  detector.close();
}
