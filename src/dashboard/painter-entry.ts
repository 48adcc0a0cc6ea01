/** Entry of the painting thread: Ink, React and the blocking writes to the terminal stay away from the calls' thread. */
import { once } from 'node:events';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock, wallMsOf, type Clock } from '../core/clock.js';
import { writeFully } from './alternate-screen.js';
import type { FromPainter, PainterData, ToPainter } from './dashboard-messages.js';
import { FrameGate } from './frame-gate.js';
import { initialModel, type DashboardModel } from './model/dashboard-model.js';
import { Painter } from './painter.js';

const data = workerData as PainterData;
const { relay, columns, rows, colour, fd, gate, framesPerThread } = data;
const frameGate = new FrameGate(gate);

/** Continues the clock of the previous thread. */
const offsetMs = data.nowMs - systemClock.nowMs();
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + offsetMs,
  wallMs: () => wallMsOf(systemClock),
  setTimer: (delayMs, callback) => systemClock.setTimer(delayMs, callback),
};

const painter = new Painter({
  clock,
  model: (data.predecessor && (await handedOver(data.predecessor))) ?? initialModel(relay, { columns, rows }),
  colour,
  framesPerThread,
  // With a shut gate the terminal is not the painter's: drop the frame, or the rest of it.
  write: (text) => void frameGate.pass(() => writeFully(fd, text, () => !frameGate.isShut)),
  onRequest: (request) => tell({ type: 'request', request }),
  onWorn: () => tell({ type: 'worn' }),
});

// Messages posted earlier are queued until here.
parentPort?.on('message', (message: ToPainter) => {
  switch (message.type) {
    case 'inputs':
      return painter.take(message.inputs);
    case 'typed':
      return painter.type(message.text);
    case 'cleared':
      return painter.redraw();
    case 'hand_over':
      painter.close();
      message.successor.postMessage(painter.model);
      message.successor.close();
      parentPort?.close();
      return;
  }
});

function tell(message: FromPainter): void {
  parentPort?.postMessage(message);
}

/** The previous thread's model; null if it ended without sending one. */
async function handedOver(predecessor: MessagePort): Promise<DashboardModel | null> {
  const [first] = (await Promise.race([once(predecessor, 'message'), once(predecessor, 'close')])) as [
    DashboardModel?,
  ];
  return first ?? null;
}
