import type { Clock } from '../../core/clock.js';
import type { ProviderKind } from '../../core/errors.js';
import { startupCheck } from '../../providers/probe.js';
import { oneErrorOf } from '../../providers/provider-failures.js';
import { builtInRegistry } from '../../providers/registry.js';
import { functionModel } from '../../providers/function-model.js';
import type { LanguageModel } from '../../providers/language-model.js';
import type { AnyDefinition, ProviderOf } from '../../providers/provider-definition.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import type { TextToSpeech } from '../../providers/text-to-speech.js';
import { configForCall, resolveConfig, type RelaySessionConfig } from '../../relay/config/config.js';
import { guardedGiven, makeProvider, type NamedProvider } from '../../relay/config/provider-config.js';
import type { TransportType } from '../../transport/transport.js';

/** The first provider of each kind in an agent's config, made as a relay makes it. */
export class OwnProviders {
  readonly stt: SpeechToText;
  readonly llm: LanguageModel;
  readonly tts: TextToSpeech;
  /**
   * Whether the model has a name in the config. The user's own object or function is never asked twice, since it may
   * have side effects.
   */
  readonly isNamedModel: boolean;
  /** The providers made here, by their definition. */
  readonly #made: { readonly definition: AnyDefinition; readonly provider: ProviderOf[ProviderKind] }[] = [];
  readonly #clock: Clock;

  /** Throws a ConfigError that lists every problem of the config, and a ProviderError where a provider cannot be made. */
  constructor(session: RelaySessionConfig, via: TransportType, clock: Clock) {
    this.#clock = clock;
    const { stt, llm, tts } = resolveConfig(configForCall(session, via));
    const make = (named: NamedProvider): unknown => {
      const provider = makeProvider(named, clock);
      this.#made.push({ definition: named.definition, provider });
      return provider;
    };
    const [ear, model, voice] = [stt[0], llm[0], tts[0]];
    if (!ear || !model || !voice) throw new TypeError('A resolved config names a provider of each kind.');
    try {
      this.stt = 'definition' in ear ? (make(ear) as SpeechToText) : guardedGiven('stt', ear);
      if (typeof model === 'function') this.llm = guardedGiven('llm', functionModel(model));
      else this.llm = 'definition' in model ? (make(model) as LanguageModel) : guardedGiven('llm', model);
      this.tts = 'definition' in voice ? (make(voice) as TextToSpeech) : guardedGiven('tts', voice);
    } catch (thrown) {
      void this.close();
      throw thrown;
    }
    this.isNamedModel = typeof model !== 'function' && 'definition' in model;
  }

  /**
   * Checks keys and configs as the start of a relay does. The wrappers that fail hide the probes of the user's own vendors from
   * the drills' relays; built-in ones check themselves when they are warmed up. Rejects with one error for all that are refused.
   */
  async check(): Promise<void> {
    const own = this.#made.filter(({ definition }) => !builtInRegistry.all.includes(definition));
    const checks = await Promise.allSettled(
      own.map(({ provider }) =>
        startupCheck(async (signal) => (await provider.probe?.(signal)) ?? [], this.#clock),
      ),
    );
    const failures = checks.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    if (failures.length > 0) throw oneErrorOf(failures);
  }

  /** Closes the providers made here, not those that the config brought. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#made.map(async ({ provider }) => provider.close?.()));
  }
}
