/** Checks the user's own vendors for `doctor`: makes each provider and calls its `probe()`, if it has one. */
import type { Clock } from '../../core/clock.js';
import { ProviderError, type ProviderKind } from '../../core/errors.js';
import { withoutSecrets } from '../../core/secrets.js';
import type { AnyDefinition, ProviderKey, ProviderOf } from '../../providers/provider-definition.js';
import { builtInRegistry } from '../../providers/registry.js';
import type { ResolvedConfig } from '../../relay/config/config.js';
import { makeProvider, type Environment, type NamedProvider } from '../../relay/config/provider-config.js';
import { secretsOf, secretsOfProvider } from '../../relay/config/secrets.js';
import { remedyFor } from './vendor-checks.js';

type Provider = ProviderOf[ProviderKind];

interface OwnVendor extends NamedProvider {
  readonly provider: Provider;
}

/** The user's own vendors in one config. */
export class OwnVendors {
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #signal: AbortSignal;
  readonly #vendors: OwnVendor[] = [];

  /** The signal aborts the probes. */
  constructor(clock: Clock, env: Environment, signal: AbortSignal) {
    this.#clock = clock;
    this.#env = env;
    this.#signal = signal;
  }

  /** The config with these vendors replaced by their providers, whose `warmUp()` only probes. */
  probedIn(config: ResolvedConfig): ResolvedConfig {
    return {
      ...config,
      stt: config.stt.map((one) => this.#probed(one)),
      llm: config.llm.map((one) => this.#probed(one)),
      tts: config.tts.map((one) => this.#probed(one)),
    };
  }

  /** The names of the vendors without a `probe()`. */
  get unasked(): readonly string[] {
    const names = this.#vendors.flatMap(({ definition, provider }) =>
      provider.probe ? [] : [`${definition.name} (${definition.kind})`],
    );
    return [...new Set(names)];
  }

  /** The text without these vendors' keys, from the environment or the config. */
  withoutKeys(text: string): string {
    const own = this.#vendors.flatMap(({ definition, config }) =>
      secretsOfProvider(definition, config, this.#env),
    );
    return withoutSecrets(text, [...own, ...secretsOf(this.#env)]);
  }

  /** What to do about the failures of vendors with a key, each remedy once; null if there are none. */
  remedyFor(thrown: unknown): string | null {
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    const failures: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [thrown];
    const remedies = failures.flatMap((failure) => {
      if (!(failure instanceof ProviderError)) return [];
      const failed = this.#vendors.find(
        ({ definition: { kind, key }, provider }) =>
          key !== null && kind === failure.kind && provider.name === failure.provider,
      );
      return failed ? [remedyFor(failure, failed.definition as { readonly key: ProviderKey })] : [];
    });
    return remedies.length > 0 ? [...new Set(remedies)].join(' ') : null;
  }

  /** Closes the providers. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#vendors.map(async ({ provider }) => provider.close?.()));
  }

  #probed<Resolved extends object>(resolved: Resolved): Resolved {
    if (!isOfOwn(resolved)) return resolved;
    const { definition, config } = resolved;
    const provider = makeProvider(resolved, this.#clock, this.#env);
    this.#vendors.push({ definition, config, provider });
    const warmUp = (): unknown => provider.probe?.(this.#signal);
    return { ...provider, warmUp } as unknown as Resolved;
  }
}

function isOfOwn(resolved: object): resolved is NamedProvider {
  return 'definition' in resolved && !builtInRegistry.all.includes(resolved.definition as AnyDefinition);
}
