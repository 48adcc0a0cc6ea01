/** Whether memory stays flat over many calls. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { slopePerStep } from '../measuring/figures.js';

// The collector cannot be reached from a script otherwise, short of a flag that everyone would have to know.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/**
 * What one call may leave behind in the main thread. A session that something still holds (a timer, a listener, a map)
 * costs 58 KB for these calls, as measured by keeping every one on purpose. A call leaves behind some hundred bytes (why
 * it ended, for the carrier's last request; up to a thousand of those are kept), and code that is compiled late moves
 * the figure by up to 5 KB over fifty calls.
 */
const maxHeapBytesPerCall = 12 * 1024;
/**
 * How much higher the process's lowest point may lie in the last quarter of the calls than in the quarter before. Its
 * size goes up and down by the instances of Flite (18 MB each, one for each sentence) that the workers' collectors have
 * not found yet, hence the lowest point, and two of them for luck. A recogniser made anew for each call would cost 14 MB
 * or more a call, a converter of sample rates 3 MB.
 */
const maxResidentRiseMb = 48;
/** Over fewer calls it is caches that fill and code that is compiled which one would see. */
const fewestCalls = 60;

export class MemoryWatch {
  #heap = [];
  #resident = [];

  /** Notes what is held now, after a collection. */
  note() {
    collectGarbage();
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
    this.#heap.push(heapUsed + external + arrayBuffers);
    this.#resident.push(rss);
  }

  /** The growth over the last half of what was noted. */
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

  /** What is wrong with it; empty where memory is flat. */
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
