/** Entry of the painting thread: Ink, React and the blocking writes to the terminal stay away from the calls' thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { writeFully } from './alternate-screen.js';
import type { FromPainter, PainterData, ToPainter } from './dashboard-messages.js';
import { FrameGate } from './frame-gate.js';
import { Painter } from './painter.js';

const { relay, columns, rows, colour, fd, gate } = workerData as PainterData;
const frameGate = new FrameGate(gate);

const painter = new Painter({
  clock: systemClock,
  relay,
  size: { columns, rows },
  colour,
  // Behind a shut gate the terminal is somebody else's: the frame is dropped.
  write: (text) => void frameGate.pass(() => writeFully(fd, text)),
  onRequest: (request) => parentPort?.postMessage({ request } satisfies FromPainter),
});

parentPort?.on('message', (message: ToPainter) => {
  if (message.type === 'inputs') painter.take(message.inputs);
  else painter.type(message.text);
});
