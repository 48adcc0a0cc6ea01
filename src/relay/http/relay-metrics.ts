/** Metrics of a relay's sessions for Prometheus, counted from its events; memory does not grow with calls. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SessionEvent } from '../../events/session-event.js';
import type { ProviderUsage } from '../../metrics/provider-usage.js';
import { BoundedValues } from '../../metrics/bounded-values.js';
import { transportTypes, type TransportType } from '../../transport/registry.js';

/** The relay's own list of sessions, read at each scrape. */
export interface CountedSessions {
  readonly sessions: readonly { readonly id: string; readonly transportType: TransportType }[];
}

/** In seconds. The useful range is 0.3 s to 3 s: shorter delays go unnoticed, longer ones sound like a dead line. */
const mouthToEarBounds = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 3, 5, 10];
const partBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10];
/** How many different warning codes and provider names get their own label; users may define any number. */
const maxDifferent = 50;

/** The amounts of a use. Cached tokens are part of the input tokens, and reasoning tokens of the output tokens. */
const usageUnits = [
  { field: 'seconds', name: 'seconds' },
  { field: 'characters', name: 'characters' },
  { field: 'inputTokens', name: 'input_tokens' },
  { field: 'cachedInputTokens', name: 'cached_input_tokens' },
  { field: 'cacheWriteTokens', name: 'cache_write_tokens' },
  { field: 'outputTokens', name: 'output_tokens' },
  { field: 'reasoningTokens', name: 'reasoning_tokens' },
] as const;

/** Registers the metrics and counts each event passed to {@link take}. */
export class RelayMetrics {
  readonly #relay: CountedSessions;
  readonly #started: Counter<'transport'>;
  readonly #ended: Counter<'transport' | 'reason'>;
  readonly #turns: Counter<'transport' | 'outcome'>;
  readonly #mouthToEar: Histogram<'transport'>;
  readonly #parts: Histogram<'part'>;
  readonly #errors: Counter<'kind' | 'provider' | 'category'>;
  readonly #reconnects: Counter<'kind' | 'provider'>;
  readonly #failovers: Counter<'kind' | 'from' | 'to'>;
  readonly #warnings: Counter<'code'>;
  readonly #ignoredSounds: Counter;
  readonly #speculations: Counter<'outcome'>;
  readonly #wastedTokens: Counter;
  readonly #wastedCharacters: Counter;
  readonly #used: Counter<'kind' | 'provider' | 'model' | 'unit' | 'wasted'>;
  readonly #providers = new BoundedValues(maxDifferent);
  readonly #models = new BoundedValues(maxDifferent);
  readonly #codes = new BoundedValues(maxDifferent);

  /** `registry`: the relay's own, since a process may run several relays. */
  constructor(relay: CountedSessions, registry: Registry) {
    this.#relay = relay;
    const registers = [registry];
    new Gauge({
      name: 'hzrelay_sessions',
      help: 'Sessions in a call now, by transport.',
      labelNames: ['transport'],
      registers,
      collect() {
        for (const transport of transportTypes) {
          const ofIt = relay.sessions.filter(({ transportType }) => transportType === transport);
          this.set({ transport }, ofIt.length);
        }
      },
    });
    this.#started = new Counter({
      name: 'hzrelay_sessions_started_total',
      help: 'Sessions that got their call, by transport.',
      labelNames: ['transport'],
      registers,
    });
    this.#ended = new Counter({
      name: 'hzrelay_sessions_ended_total',
      help: 'Sessions that ended, by transport and reason.',
      labelNames: ['transport', 'reason'],
      registers,
    });
    this.#turns = new Counter({
      name: 'hzrelay_turns_total',
      help: 'Agent turns that ended, by transport and outcome.',
      labelNames: ['transport', 'outcome'],
      registers,
    });
    this.#mouthToEar = new Histogram({
      name: 'hzrelay_mouth_to_ear_seconds',
      help: 'From the caller’s last speech to the first audible sound of the answer.',
      labelNames: ['transport'],
      buckets: mouthToEarBounds,
      registers,
    });
    this.#parts = new Histogram({
      name: 'hzrelay_mouth_to_ear_part_seconds',
      help: 'Parts of the time from mouth to ear.',
      labelNames: ['part'],
      buckets: partBounds,
      registers,
    });
    this.#errors = new Counter({
      name: 'hzrelay_errors_total',
      help: 'Errors of sessions, by kind of provider, provider and category; kind relay for errors without a provider.',
      labelNames: ['kind', 'provider', 'category'],
      registers,
    });
    this.#reconnects = new Counter({
      name: 'hzrelay_provider_reconnects_total',
      help: 'Attempts to reconnect to a failed provider.',
      labelNames: ['kind', 'provider'],
      registers,
    });
    this.#failovers = new Counter({
      name: 'hzrelay_provider_failovers_total',
      help: 'Failovers to the next provider of a fallback list.',
      labelNames: ['kind', 'from', 'to'],
      registers,
    });
    this.#warnings = new Counter({
      name: 'hzrelay_warnings_total',
      help: 'Warnings of sessions, by code.',
      labelNames: ['code'],
      registers,
    });
    this.#ignoredSounds = new Counter({
      name: 'hzrelay_ignored_sounds_total',
      help: 'Sounds of callers in which neither a voice nor words were found.',
      registers,
    });
    this.#speculations = new Counter({
      name: 'hzrelay_speculations_total',
      help: 'Answers that were begun before their turn was certain, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.#wastedTokens = new Counter({
      name: 'hzrelay_wasted_tokens_total',
      help: 'Pieces of text that models sent for dropped early answers.',
      registers,
    });
    this.#wastedCharacters = new Counter({
      name: 'hzrelay_wasted_characters_total',
      help: 'Characters that voices were given for dropped early answers.',
      registers,
    });
    this.#used = new Counter({
      name: 'hzrelay_provider_usage_total',
      help: 'What providers were used for, by unit: seconds of audio, tokens, characters; wasted: for dropped early answers.',
      labelNames: ['kind', 'provider', 'model', 'unit', 'wasted'],
      registers,
    });
  }

  /** A provider was used; `wasted`: for an answer that was dropped before its turn was certain. */
  used(usage: ProviderUsage, wasted: boolean): void {
    const labels = {
      kind: usage.kind,
      provider: this.#providers.of(usage.provider),
      model: usage.model === undefined ? '' : this.#models.of(usage.model),
      wasted: String(wasted),
    };
    for (const unit of usageUnits) {
      const amount = (usage as unknown as Readonly<Record<string, unknown>>)[unit.field];
      if (typeof amount === 'number' && amount > 0) this.#used.inc({ ...labels, unit: unit.name }, amount);
    }
  }

  take(event: SessionEvent): void {
    switch (event.type) {
      case 'session.start':
        return this.#started.inc({ transport: event.transport });
      case 'session.end':
        return this.#ended.inc({ transport: this.#transportOf(event), reason: event.reason });
      case 'turn.end':
        return this.#turnEnded(event);
      case 'speech.ignored':
        return this.#ignoredSounds.inc();
      case 'llm.speculation':
        return this.#speculated(event);
      case 'provider.reconnect':
        return this.#reconnects.inc({ kind: event.kind, provider: this.#providers.of(event.provider) });
      case 'provider.failover':
        return this.#failovers.inc({
          kind: event.kind,
          from: this.#providers.of(event.from),
          to: this.#providers.of(event.to),
        });
      case 'warning':
        return this.#warnings.inc({ code: this.#codes.of(event.code) });
      case 'error':
        return this.#errors.inc({
          kind: event.kind ?? 'relay',
          provider: event.provider === undefined ? '' : this.#providers.of(event.provider),
          category: event.category ?? '',
        });
      default:
        return;
    }
  }

  #turnEnded(event: SessionEvent<'turn.end'>): void {
    const transport = this.#transportOf(event);
    const { mouth_to_ear_ms: mouthToEarMs, parts } = event.latency;
    this.#turns.inc({ transport, outcome: event.aborted ?? 'completed' });
    if (mouthToEarMs === null || parts === null) return;
    this.#mouthToEar.observe({ transport }, mouthToEarMs / 1000);
    for (const [part, ms] of Object.entries(parts) as [string, number][])
      this.#parts.observe({ part }, ms / 1000);
  }

  #speculated({ outcome, tokens, characters }: SessionEvent<'llm.speculation'>): void {
    this.#speculations.inc({ outcome });
    if (outcome === 'adopted') return;
    this.#wastedTokens.inc(tokens);
    this.#wastedCharacters.inc(characters);
  }

  #transportOf({ sessionId }: SessionEvent): string {
    return this.#relay.sessions.find(({ id }) => id === sessionId)?.transportType ?? 'unknown';
  }
}
