/** The machine that figures come from: without it they cannot be read. */
import { availableParallelism, cpus, loadavg } from 'node:os';

/** What else the machine does, in cores, from which on figures of time are not to be trusted. */
const quietLoad = 0.5;

/** Node, processor, cores, and how much of them others use. Taken before the measuring begins. */
export function machineFacts() {
  const [load = 0] = loadavg();
  return {
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    load: Math.round(load * 100) / 100,
    noisy: load > quietLoad,
  };
}

/** The facts as a line or two for people. */
export function machineLines({ node, processor, cores, load, noisy }) {
  const lines = [`Node ${node} · ${processor} · ${cores} cores · load ${load.toFixed(2)}`];
  if (noisy) lines.push('The machine is busy with something else: read figures of time as upper bounds.');
  return lines;
}
