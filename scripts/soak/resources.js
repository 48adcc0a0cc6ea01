/** This process's resources that may leak. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

let workers = 0;
process.on('worker', (worker) => {
  workers += 1;
  worker.once('exit', () => (workers -= 1));
});

/** Counts of open sockets, timers, process listeners and worker threads. */
export function heldResources() {
  const active = process.getActiveResourcesInfo();
  const ofType = (...types) => active.filter((type) => types.includes(type)).length;
  return {
    sockets: openSockets() ?? ofType('TCPSocketWrap', 'TCPServerWrap'),
    timers: ofType('Timeout', 'Immediate'),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    workers,
  };
}

/**
 * The resources held beyond `before`, as text; null if there are none. Sockets close over the wire and threads end after their
 * work, so it checks again for up to two seconds.
 */
export async function leftSince(before, look = heldResources) {
  for (let attempt = 0; ; attempt++) {
    const now = look();
    const left = Object.entries(now).filter(([kind, count]) => count > before[kind]);
    if (left.length === 0) return null;
    if (attempt === 20) return left.map(([kind, count]) => `${count - before[kind]} ${kind}`).join(', ');
    await delay(100);
  }
}

/** Open sockets as counted by the system, including those that Node no longer references; null if it cannot tell. */
function openSockets() {
  try {
    return readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        // The directory's own descriptor is already closed.
        return false;
      }
    }).length;
  } catch {
    return null;
  }
}
