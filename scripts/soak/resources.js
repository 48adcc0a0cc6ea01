/** What this process holds that a leak would leave behind. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

let workers = 0;
process.on('worker', (worker) => {
  workers += 1;
  worker.once('exit', () => (workers -= 1));
});

/** Sockets, timers, listeners on the process and worker threads that there are now. */
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
 * What is held beyond `before`, as text; null where nothing is. Sockets close over the wire and threads end when their
 * work is done, so it looks again for up to two seconds before it calls something left behind.
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

/** Open sockets as the system counts them, which sees those that Node no longer waits for; null where it cannot tell. */
function openSockets() {
  try {
    return readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        // The descriptor of the directory itself is closed again by now.
        return false;
      }
    }).length;
  } catch {
    return null;
  }
}
