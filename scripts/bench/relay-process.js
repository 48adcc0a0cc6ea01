// A relay in a process of its own, so that the cost of the phones is not counted as the relay's. Talks to relay-child.js.
import { appointmentDeskSession } from '../../dist/cli/appointment-desk-session.js';
import { createRelay } from '../../dist/server/create.js';
import { serveUsage } from './usage.js';

const relay = createRelay({ port: 0, session: appointmentDeskSession });
serveUsage(relay);
await relay.listen();
process.send({ url: relay.url });
