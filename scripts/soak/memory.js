/** Whether memory stays flat over many calls. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { slopePerStep } from '../measuring/figures.js';

// Gives this script access to the garbage collector without a command-line flag.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/**
 * Limit of the main thread's heap growth per call. A leaked session (held by a timer, a listener, a map) costs 58 KB in these
 * calls, measured by keeping every one on purpose. A normal call leaves some hundred bytes (its end reason, for the carrier's
 * last request; up to a thousand are kept), and late compilation moves the figure by up to 5 KB over fifty calls.
 */
const maxHeapBytesPerCall = 12 * 1024;
/**
 * Limit of the rise of the process's lowest size from the third quarter of the calls to the last. The size varies with the
 * Flite instances (18 MB each, one for each sentence) that the workers have not collected yet; so the lowest point counts, with
 * a margin of two instances. A new recogniser for each call would cost at least 14 MB per call, a new sample rate converter
 * 3 MB.
 */
const maxResidentRiseMb = 48;
/** With fewer calls, filling caches and compiled code dominate. */
const fewestCalls = 60;

export class MemoryWatch {
  #heap = [];
  #resident = [];

  /** Records the memory in use after a collection. */
  note() {
    collectGarbage();
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
    this.#heap.push(heapUsed + external + arrayBuffers);
    this.#resident.push(rss);
  }

  /** The growth over the last half of the records. */
  result() {
    const half = (values) => values.slice(Math.floor(values.length / 2));
    const [third, last] = halves(half(this.#resident)).map((quarter) => Math.min(...quarter));
    return {
      calls: this.#heap.length,
      heapMb: megabytes(this.#heap.at(-1)),
      heapBytesPerCall: Math.round(slopePerStep(half(this.#heap))),
      residentMb: megabytes(last),
      residentRiseMb: megabytes(last - third),
      judged: this.#heap.length >= fewestCalls,
    };
  }

  /** The problems; empty if memory is flat. */
  problems() {
    const { heapBytesPerCall, residentRiseMb, judged } = this.result();
    const problems = [];
    if (judged && heapBytesPerCall > maxHeapBytesPerCall)
      problems.push(
        `the heap grows by ${heapBytesPerCall} bytes per call; ${maxHeapBytesPerCall} are allowed`,
      );
    if (judged && residentRiseMb > maxResidentRiseMb)
      problems.push(`the process grows by ${residentRiseMb} MB; ${maxResidentRiseMb} are allowed`);
    return problems;
  }
}

function halves(values) {
  const middle = Math.ceil(values.length / 2);
  return [values.slice(0, middle), values.slice(middle)];
}

function megabytes(bytes) {
  return Math.round((bytes / 1e6) * 10) / 10;
}
