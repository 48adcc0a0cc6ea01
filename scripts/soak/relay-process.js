// A relay in a user's program, which must end by itself when the relay is closed.
import { appointmentDeskSession } from '../../dist/cli/appointment-desk-session.js';
import { createRelay } from '../../dist/relay/create.js';

const relay = createRelay({ port: 0, session: appointmentDeskSession });
await relay.listen();
process.once('SIGTERM', () => void relay.close());
console.log(`The relay is ready on ${relay.url}`);
