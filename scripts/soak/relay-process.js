// A relay in a program of its user's, which ends by itself when the relay is closed: nothing may hold it up.
import { appointmentDeskSession } from '../../dist/cli/appointment-desk-session.js';
import { createRelay } from '../../dist/server/create.js';

const relay = createRelay({ port: 0, session: appointmentDeskSession });
await relay.listen();
process.once('SIGTERM', () => void relay.close());
console.log(`The relay is ready on ${relay.url}`);
