/** Agent files for the command line whose calls need no speech model, see `light-agent.cjs`. */
import { fileURLToPath } from 'node:url';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Greets for half a second, hears "friday" in everything, and says it back. */
export const lightAgent = path('light-agent.cjs');

/** Greets for ten seconds. */
export const talkativeAgent = path('talkative-agent.cjs');

/** The appointment desk, with its recogniser but without its voice. */
export const listeningAgent = path('listening-agent.cjs');
