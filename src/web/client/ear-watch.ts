/**
 * Reports ear and mouth to the relay, on the page's own clock: when the agent becomes audible, when the visitor's sound
 * begins and ends, and the delays that the browser adds.
 */
import { WayStatistics } from '../model/way-statistics.js';
import type { Connection } from './connection.js';
import type { Microphone } from './microphone.js';
import type { SoundGraph } from './sound-graph.js';

const statisticsEveryMs = 1000;

/** The delays that the browser adds, in milliseconds. */
export interface CallStats {
  /** The mean wait of the agent's audio for late packets, in the last second. */
  readonly jitterBufferMs: number;
  /** Of the network; null as long as the browser does not know it. */
  readonly roundTripMs: number | null;
  /** To the loudspeaker; 0 if the browser does not tell. */
  readonly outputLatencyMs: number;
}

export class EarWatch {
  readonly #graph: SoundGraph | null;
  readonly #connection: Connection;
  #reporting: number | undefined;
  readonly #statistics = new WayStatistics();
  #latest: CallStats | null = null;
  #stopAgent: (() => void) | null = null;
  #stopVisitor: (() => void) | null = null;

  private constructor(connection: Connection, graph: SoundGraph | null) {
    this.#connection = connection;
    this.#graph = graph;
  }

  /** Starts reporting; stop it with {@link close}. Without a graph it reports only statistics. */
  static start(connection: Connection, graph: SoundGraph | null): EarWatch {
    const watch = new EarWatch(connection, graph);
    watch.#reporting = setInterval(() => void watch.#reportStatistics(), statisticsEveryMs);
    return watch;
  }

  /**
   * Listens to the agent. The stream must also play in an audio element, or Chromium delivers no audio to the graph. The graph
   * gets each sample up to one buffer of 10 ms later than the element, so a report is never too early. `onLevel` gets the
   * level, about twenty times a second.
   */
  hearAgent(stream: MediaStream, onLevel: (rms: number) => void): void {
    const graph = this.#graph;
    if (!graph) return;
    this.#stopAgent?.();
    this.#stopAgent = graph.listen(stream, (report) => {
      if (report.type === 'level') onLevel(report.rms);
      if (report.type !== 'begin') return;
      this.#connection.send({ type: 'audible', pageMs: graph.audibleMs(report.contextSeconds) });
    });
  }

  /** Listens to the visitor; `onLevel` gets the level, about twenty times a second. */
  hearVisitor(microphone: Microphone, onLevel: (rms: number) => void): void {
    const graph = this.#graph;
    if (!graph) return;
    this.#stopVisitor?.();
    this.#stopVisitor = graph.listen(microphone.stream, (report) => {
      if (report.type === 'level') {
        onLevel(report.rms);
        return;
      }
      const pageMs = graph.renderedMs(report.contextSeconds) - microphone.latencyMs;
      this.#connection.send({ type: report.type === 'begin' ? 'speech_start' : 'speech_end', pageMs });
    });
  }

  /** The last second's; null before the agent was heard. */
  get stats(): CallStats | null {
    return this.#latest;
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#reporting);
    this.#stopAgent?.();
    this.#stopVisitor?.();
  }

  async #reportStatistics(): Promise<void> {
    const report = await this.#connection.statistics();
    const { jitterBufferMs, roundTripMs } = this.#statistics.read([...report.values()]);
    if (jitterBufferMs === null) return;
    const outputLatencyMs = this.#graph?.outputLatencyMs ?? 0;
    this.#latest = { jitterBufferMs, roundTripMs, outputLatencyMs };
    this.#connection.send({ type: 'stats', ...this.#latest });
  }
}
