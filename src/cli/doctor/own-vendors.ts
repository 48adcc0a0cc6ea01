/**
 * Checks the user's own vendors for `doctor`: makes each provider, and calls its `probe()` and its `warmUp()`, if it has them, as
 * the start of a relay does.
 */
import type { AudioFormat } from '../../audio/audio-frame.js';
import { within, type Clock } from '../../core/clock.js';
import {
  ConfigError,
  messageOf,
  ProviderError,
  type ProviderErrorCategory,
  type ProviderKind,
} from '../../core/errors.js';
import { withoutSecrets } from '../../core/secrets.js';
import type { AnyDefinition, ProviderKey, ProviderOf } from '../../providers/provider-definition.js';
import { builtInRegistry } from '../../providers/registry.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import {
  configForAnyCall,
  resolveConfig,
  type RelaySessionConfig,
  type ResolvedConfig,
} from '../../relay/config/config.js';
import { makeProvider, type Environment, type NamedProvider } from '../../relay/config/provider-config.js';
import { secretsOf, secretsOfProvider } from '../../relay/config/secrets.js';
import { remedyFor } from './vendor-checks.js';

type Provider = ProviderOf[ProviderKind];

/** Less than the time limit of a check, which cannot say who did not answer. */
const answerWithinMs = 10_000;

interface OwnVendor extends NamedProvider {
  readonly provider: Provider;
}

/** The user's own vendors in one config. */
export class OwnVendors {
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #signal: AbortSignal;
  /** Those in use, also where `create()` threw. */
  readonly #named: NamedProvider[] = [];
  readonly #vendors: OwnVendor[] = [];
  /** The labels of those that are listed, unused, and cannot be made from the environment alone. */
  readonly #unmade: string[] = [];

  /** The signal aborts the probes. */
  constructor(clock: Clock, env: Environment, signal: AbortSignal) {
    this.#clock = clock;
    this.#env = env;
    this.#signal = signal;
  }

  /** The config with these vendors replaced by their providers, whose `warmUp()` also probes. */
  askedIn(config: ResolvedConfig): ResolvedConfig {
    return {
      ...config,
      stt: config.stt.map((one) => this.#asked(one)),
      llm: config.llm.map((one) => this.#asked(one)),
      tts: config.tts.map((one) => this.#asked(one)),
    };
  }

  /** Asks the vendors that the config lists and does not use. Resolves with a notice for each that fails. */
  async askUnused(session: RelaySessionConfig, config: ResolvedConfig): Promise<readonly ProviderNotice[]> {
    const used = [...config.stt, ...config.llm, ...config.tts].flatMap((one) =>
      'definition' in one ? [one.definition] : [],
    );
    const unused = [...new Set(session.providers ?? [])].filter((one) => !used.includes(one));
    const notices = unused.map(async (definition): Promise<readonly ProviderNotice[]> => {
      const { kind, name } = definition;
      const named = this.#fromEnvironment(session, definition);
      if (!named) {
        this.#unmade.push(labelOf(definition));
        return [];
      }
      try {
        return await this.#ask(this.#made(named), 'probe');
      } catch (thrown) {
        const remedy = this.remedyFor(thrown) ?? `Mend it before you name '${name}' as ${kind}.`;
        return [{ field: 'providers', message: `Not in use: ${messageOf(thrown)}`, remedy }];
      }
    });
    return (await Promise.all(notices)).flat();
  }

  /** The names of the vendors without a `probe()`. */
  get unasked(): readonly string[] {
    const names = this.#vendors.flatMap(({ definition, provider }) =>
      provider.probe ? [] : [labelOf(definition)],
    );
    return [...new Set(names)];
  }

  /** The names of the vendors that are not in use, and cannot be made without a config. */
  get unmade(): readonly string[] {
    return this.#unmade;
  }

  /** The text without these vendors' keys, from the environment or the config. */
  withoutKeys(text: string): string {
    const own = this.#named.flatMap(({ definition, config }) =>
      secretsOfProvider(definition, config, this.#env),
    );
    return withoutSecrets(text, [...own, ...secretsOf(this.#env)]);
  }

  /** What to do about the failures of vendors with a key, each remedy once; null if there are none. */
  remedyFor(thrown: unknown): string | null {
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    const failures: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [thrown];
    const remedies = failures.flatMap((failure) => {
      // An unexpected error says nothing of the key or the network.
      if (!(failure instanceof ProviderError) || failure.category === 'internal') return [];
      const failed = this.#vendors.find(
        ({ definition: { kind, key, name }, provider }) =>
          key !== null && kind === failure.kind && [name, provider.name].includes(failure.provider),
      );
      return failed ? [remedyFor(failure, failed.definition as { readonly key: ProviderKey })] : [];
    });
    return remedies.length > 0 ? [...new Set(remedies)].join(' ') : null;
  }

  /** Closes the providers. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#vendors.map(async ({ provider }) => provider.close?.()));
  }

  #asked<Resolved extends object>(resolved: Resolved): Resolved {
    if (!isOfOwn(resolved)) return resolved;
    const vendor = this.#made(resolved);
    const warmUp = async (format?: AudioFormat): Promise<readonly ProviderNotice[]> =>
      (await Promise.all([this.#ask(vendor, 'probe'), this.#ask(vendor, 'warmUp', format)])).flat();
    return { ...vendor.provider, warmUp } as unknown as Resolved;
  }

  /** Makes a vendor's provider. Throws a ProviderError that names the vendor. */
  #made(named: NamedProvider): OwnVendor {
    this.#named.push(named);
    const { definition, config } = named;
    try {
      const vendor = { definition, config, provider: makeProvider(named, this.#clock, this.#env) };
      this.#vendors.push(vendor);
      return vendor;
    } catch (thrown) {
      if (isOwnWords(thrown)) throw thrown;
      throw failure(definition, 'internal', `cannot be made: ${messageOf(thrown)}`);
    }
  }

  /** Calls a method that the provider may have. Rejects with a ProviderError, after the time limit too. */
  async #ask(
    { definition, provider }: OwnVendor,
    method: 'probe' | 'warmUp',
    format?: AudioFormat,
  ): Promise<readonly ProviderNotice[]> {
    const late = new AbortController();
    const signal = AbortSignal.any([this.#signal, late.signal]);
    const asked = (async () =>
      (await (method === 'probe' ? provider.probe?.(signal) : provider.warmUp?.(format))) ?? [])();
    const settled = asked.catch(() => undefined);
    if (!(await within(this.#clock, answerWithinMs, settled))) {
      late.abort();
      const seconds = answerWithinMs / 1000;
      throw failure(definition, 'timeout', `did not end its ${method}() within ${seconds} s.`);
    }
    return asked.catch((thrown: unknown) => {
      if (isOwnWords(thrown)) throw thrown;
      throw failure(definition, 'internal', `failed in ${method}(): ${messageOf(thrown)}`);
    });
  }

  /** A vendor by its name alone, as a config would name it; null if its config needs more. */
  #fromEnvironment(session: RelaySessionConfig, { kind, name }: AnyDefinition): NamedProvider | null {
    try {
      const config = { ...configForAnyCall(session), [kind]: { provider: name } };
      const [one] = resolveConfig(config, this.#env)[kind];
      return one && 'definition' in one ? one : null;
    } catch (thrown) {
      if (thrown instanceof ConfigError) return null;
      throw thrown;
    }
  }
}

function labelOf({ name, kind }: AnyDefinition): string {
  return `${name} (${kind})`;
}

function failure(definition: AnyDefinition, category: ProviderErrorCategory, what: string): ProviderError {
  const { kind, name: provider } = definition;
  return new ProviderError(`${labelOf(definition)} ${what}`, { kind, provider, category });
}

/** A vendor's own error says enough; one made of an unexpected exception does not say where. */
function isOwnWords(thrown: unknown): boolean {
  return thrown instanceof ProviderError && thrown.category !== 'internal';
}

function isOfOwn(resolved: object): resolved is NamedProvider {
  return 'definition' in resolved && !builtInRegistry.all.includes(resolved.definition as AnyDefinition);
}
