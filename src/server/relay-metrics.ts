/** A relay's sessions in figures, for Prometheus: counted as events happen, in memory that does not grow with calls. */
import type { SessionEvent } from '../events/session-event.js';
import { BoundedValues, Counter, Gauge, Histogram, type Metric } from '../metrics/exposition.js';
import type { TransportType } from '../transport/transport.js';

/** What is counted from the relay's own books when somebody looks. */
export interface CountedSessions {
  readonly sessions: readonly { readonly id: string; readonly transportType: TransportType }[];
}

/** Conversations live between these: below 0.3 s nobody waits, beyond 3 s people ask whether anybody is there. */
const mouthToEarBounds = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 3, 5, 10];
const partBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10];
/** Different warnings and providers that are told apart; users bring their own. */
const maxDifferent = 50;
const transportTypes: readonly TransportType[] = ['twilio', 'webrtc'];

/** Hears every event of a relay through {@link take}; {@link all} is what a scrape shows. */
export class RelayMetrics {
  readonly all: readonly Metric[];
  readonly #relay: CountedSessions;
  readonly #started = new Counter({
    name: 'hzrelay_sessions_started_total',
    help: 'Sessions that got their call, by transport.',
  });
  readonly #ended = new Counter({
    name: 'hzrelay_sessions_ended_total',
    help: 'Sessions that ended, by transport and reason.',
  });
  readonly #turns = new Counter({
    name: 'hzrelay_turns_total',
    help: 'Agent turns that ended, by transport and outcome.',
  });
  readonly #mouthToEar = new Histogram(
    {
      name: 'hzrelay_mouth_to_ear_seconds',
      help: 'From the caller’s last speech to the first audible sound of the answer.',
    },
    mouthToEarBounds,
  );
  readonly #parts = new Histogram(
    { name: 'hzrelay_mouth_to_ear_part_seconds', help: 'Where the time from mouth to ear went, by part.' },
    partBounds,
  );
  readonly #errors = new Counter({
    name: 'hzrelay_errors_total',
    help: 'Errors of sessions, by the kind of provider, its name and the category; relay for those of no provider.',
  });
  readonly #reconnects = new Counter({
    name: 'hzrelay_provider_reconnects_total',
    help: 'Attempts to have a failed provider back.',
  });
  readonly #failovers = new Counter({
    name: 'hzrelay_provider_failovers_total',
    help: 'Times that the next provider of a list took over.',
  });
  readonly #warnings = new Counter({
    name: 'hzrelay_warnings_total',
    help: 'Warnings of sessions, by code.',
  });
  readonly #providers = new BoundedValues(maxDifferent);
  readonly #codes = new BoundedValues(maxDifferent);

  constructor(relay: CountedSessions) {
    this.#relay = relay;
    const live = new Gauge({ name: 'hzrelay_sessions', help: 'Sessions that live now, by transport.' }, () =>
      transportTypes.map((transport) => [
        { transport },
        relay.sessions.filter(({ transportType }) => transportType === transport).length,
      ]),
    );
    this.all = [
      live,
      this.#started,
      this.#ended,
      this.#turns,
      this.#mouthToEar,
      this.#parts,
      this.#errors,
      this.#reconnects,
      this.#failovers,
      this.#warnings,
    ];
  }

  take(event: SessionEvent): void {
    switch (event.type) {
      case 'session.start':
        return this.#started.increment({ transport: event.transport });
      case 'session.end':
        return this.#ended.increment({ transport: this.#transportOf(event), reason: event.reason });
      case 'turn.end':
        return this.#turnEnded(event);
      case 'provider.reconnect':
        return this.#reconnects.increment({ kind: event.kind, provider: this.#providers.of(event.provider) });
      case 'provider.failover':
        return this.#failovers.increment({
          kind: event.kind,
          from: this.#providers.of(event.from),
          to: this.#providers.of(event.to),
        });
      case 'warning':
        return this.#warnings.increment({ code: this.#codes.of(event.code) });
      case 'error':
        return this.#errors.increment({
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
    this.#turns.increment({ transport, outcome: event.aborted ?? 'completed' });
    if (mouthToEarMs === null || parts === null) return;
    this.#mouthToEar.observe(mouthToEarMs / 1000, { transport });
    for (const [part, ms] of Object.entries(parts) as [string, number][])
      this.#parts.observe(ms / 1000, { part });
  }

  #transportOf({ sessionId }: SessionEvent): string {
    return this.#relay.sessions.find(({ id }) => id === sessionId)?.transportType ?? 'unknown';
  }
}
