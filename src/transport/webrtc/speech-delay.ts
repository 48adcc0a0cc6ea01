/**
 * How long the visitor's voice takes from the microphone to the relay. Page and relay find the edges of the same sounds in
 * the same signal, each on its own side; the time between the two is the delay. Pure.
 */

import { RecentMedian } from './recent-median.js';

export type SoundEdgeType = 'begin' | 'end';

interface Edge {
  readonly type: SoundEdgeType;
  readonly atMs: number;
}

/** Edges that wait for their counterpart; a lost one must not make later ones wait. */
const remembered = 8;
/** Delays of which the median counts: the two ends do not find every edge on the very same sample. */
const counted = 5;
/** Beyond this from what is expected, two edges are not of the same sound. */
const plausibleMs = 250;
/** Later than this behind the microphone no packet is played any more. */
const longestMs = 1000;
/** Before anything is known: capture, one frame of encoder, and a local network. */
const initialMs = 40;

export class SpeechDelay {
  readonly #atPage: Edge[] = [];
  readonly #atRelay: Edge[] = [];
  readonly #delay = new RecentMedian(counted);

  /** The delay in milliseconds; null before an edge was found on both sides. */
  get delayMs(): number | null {
    return this.#delay.value;
  }

  /** The page heard an edge at the microphone, at this time of the relay's clock. */
  atPage(type: SoundEdgeType, atMs: number): void {
    const edge = { type, atMs };
    const counterpart = this.#nearest(this.#atRelay, type, (arrivedMs) => arrivedMs - atMs);
    if (counterpart) this.#match(edge, counterpart);
    else remember(this.#atPage, edge);
  }

  /** The relay found an edge in what it received; its sample arrived at this time. */
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
      // A little below zero is possible: the clocks are known to half a round trip, the edges to a block.
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
