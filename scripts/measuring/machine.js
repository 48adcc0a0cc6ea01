/** The machine's facts, which figures need for their interpretation. */
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Other load, in cores, above which times cannot be trusted. */
const quietLoad = 0.5;

/** Node, processor, cores and other load. Call it before measuring. */
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

/** The facts as one or two text lines. */
export function machineLines({ node, processor, cores, load, noisy }) {
  const lines = [`Node ${node} · ${processor} · ${cores} cores · load ${load.toFixed(2)}`];
  if (noisy) lines.push('The machine is busy with something else: times are upper bounds.');
  return lines;
}
