/** The result of a phase as text lines. */
import { shown } from '../measuring/figures.js';

const shownProblems = 12;

const facts = {
  row: ({ calls, virtualMinutes, msPerCall, memory }) => [
    `${calls} calls, ${shown(virtualMinutes)} minutes of conversation, ${shown(msPerCall)} ms each`,
    `heap ${memory.heapMb} MB, ${memory.heapBytesPerCall} bytes per call over the last half; ` +
      `resident ${memory.residentMb} MB, ${memory.residentRiseMb} MB more than before` +
      (memory.judged ? '' : ' (too few calls to judge)'),
  ],
  'at-once': ({ calls, loopDelay, mouthToEar }) => [
    `${calls} calls at once, ${mouthToEar.count} answers: mouth→ear p50 ${shown(mouthToEar.p50)} ms, p95 ${shown(mouthToEar.p95)} ms`,
    `event loop delay p50 ${shown(loopDelay.p50)} ms, p99 ${shown(loopDelay.p99)} ms, max ${shown(loopDelay.max)} ms`,
  ],
  'hang-ups': ({ stages, rounds }) => [`${stages.length} stages, ${rounds} times each: ${stages.join(', ')}`],
  recordings: ({ recordings, exact, inexact }) => [
    `${exact} of ${recordings} recordings recognised word for word`,
    ...inexact.map(
      ({ file, said, heard }) =>
        `not so: ${file}: ${heard.length === 0 ? 'nothing' : JSON.stringify(heard.join(' / '))} for ${JSON.stringify(said)}`,
    ),
  ],
  exits: ({ exits, ways, endMs }) => [
    `${exits} exits (${ways.join(', ')}), p50 ${shown(endMs.p50)} ms, max ${shown(endMs.max)} ms`,
  ],
  loss: ({ sentences, exact }) => [
    `of ${sentences} sentences recognised word for word: ${Object.entries(exact)
      .map(([network, count]) => `${count} (${network})`)
      .join(', ')}`,
  ],
  drills: ({ drills, passed, recovery }) => [
    `${passed} of ${drills} drills passed; recovered after p50 ${shown(recovery.p50)} ms, p95 ${shown(recovery.p95)} ms of virtual time`,
  ],
  shapes: ({ shapes, calls, answered }) => [`${shapes} shapes, ${calls} calls, ${answered} turns`],
  tests: ({ passed, failed }) => [`${passed} tests passed, ${failed} failed`],
  fuzz: ({ seeds, longestMs, residentMb }) => [
    `${seeds} seeds; the event loop was blocked for at most ${Object.entries(longestMs)
      .map(([door, ms]) => `${shown(ms)} ms (${door})`)
      .join(', ')}; ${shown(residentMb)} MB resident`,
  ],
  parity: ({ conversations, equal, heardOnlyFromBrowser, mouthToEar }) => [
    `${equal} of ${conversations} conversations alike over both transports`,
    ...heardOnlyFromBrowser.map((name) => `different, because it is recognised only from a browser: ${name}`),
    ...Object.entries(mouthToEar).map(
      ([via, { count, p50, p95 }]) =>
        `${via}: ${count} answers, mouth→ear p50 ${shown(p50)} ms, p95 ${shown(p95)} ms of virtual time`,
    ),
  ],
};

export function phaseLines({ phase, seconds, problems, figures }) {
  const verdict = problems.length === 0 ? 'ok' : 'FAILED';
  const known = repeated(problems);
  return [
    '',
    `${phase}: ${verdict} (${shown(seconds)} s)`,
    ...facts[phase](figures).map((fact) => `  ${fact}`),
    ...known.slice(0, shownProblems).map((problem) => `  ✗ ${problem}`),
    ...(known.length > shownProblems ? [`  ✗ and ${known.length - shownProblems} more; --json has all`] : []),
  ];
}

/** Combines the same problem of several calls into one line. */
function repeated(problems) {
  const first = new Map();
  for (const problem of problems) {
    const key = problem.replace(/^(call|caller) \d+ /, '');
    const known = first.get(key);
    if (known) known.times += 1;
    else first.set(key, { problem, times: 1 });
  }
  return [...first.values()].map(({ problem, times }) =>
    times > 1 ? `${problem} (${times} times)` : problem,
  );
}
