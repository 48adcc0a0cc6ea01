/**
 * Measures the delay of the visitor's voice from the microphone to the relay. Page and relay detect the edges of the
 * same sounds in the same signal; the time between the two is the delay. Pure.
 */

import { RecentMedian } from './recent-median.js';

export type SoundEdgeType = 'begin' | 'end';

interface Edge {
  readonly type: SoundEdgeType;
  readonly atMs: number;
}

/** Maximum number of unmatched edges, so that a lost edge does not block later ones. */
const remembered = 8;
/** Number of delays in the median: the two ends do not find every edge at the same sample. */
const counted = 5;
/** Two edges whose delay differs from the expected one by more than this belong to different sounds. */
const plausibleMs = 250;
/** Maximum delay: no later packet is played. */
const longestMs = 1000;
/** Initial delay: capture, one encoder frame, and a local network. */
const initialMs = 40;

export class SpeechDelay {
  readonly #atPage: Edge[] = [];
  readonly #atRelay: Edge[] = [];
  readonly #delay = new RecentMedian(counted);

  /** The delay in milliseconds; null before both ends found the same edge. */
  get delayMs(): number | null {
    return this.#delay.value;
  }

  /** Records an edge that the page found at the microphone, at this time of the relay's clock. */
  atPage(type: SoundEdgeType, atMs: number): void {
    const edge = { type, atMs };
    const counterpart = this.#nearest(this.#atRelay, type, (arrivedMs) => arrivedMs - atMs);
    if (counterpart) this.#match(edge, counterpart);
    else remember(this.#atPage, edge);
  }

  /** Records an edge that the relay found in the received audio; its sample arrived at this time. */
  atRelay(type: SoundEdgeType, atMs: number): void {
    const edge = { type, atMs };
    const counterpart = this.#nearest(this.#atPage, type, (leftMs) => atMs - leftMs);
    if (counterpart) this.#match(counterpart, edge);
    else remember(this.#atRelay, edge);
  }

  #match(atPage: Edge, atRelay: Edge): void {
    remove(this.#atPage, atPage);
    remove(this.#atRelay, atRelay);
    this.#delay.add(Math.max(0, atRelay.atMs - atPage.atMs));
  }

  #nearest(edges: readonly Edge[], type: SoundEdgeType, delayOf: (atMs: number) => number): Edge | null {
    const expectedMs = this.delayMs ?? initialMs;
    let best: Edge | null = null;
    let bestOff = plausibleMs;
    for (const edge of edges) {
      const delayMs = delayOf(edge.atMs);
      const off = Math.abs(delayMs - expectedMs);
      // Slightly below zero is possible: clocks are exact to half a round trip, edges to a block.
      if (edge.type !== type || delayMs < -20 || delayMs > longestMs || off > bestOff) continue;
      best = edge;
      bestOff = off;
    }
    return best;
  }
}

function remember(edges: Edge[], edge: Edge): void {
  edges.push(edge);
  if (edges.length > remembered) edges.shift();
}

function remove(edges: Edge[], edge: Edge): void {
  const index = edges.indexOf(edge);
  if (index >= 0) edges.splice(index, 1);
}
