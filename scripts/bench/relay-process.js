// A relay in a child process, so that its cost excludes that of the phones. Talks to relay-child.js.
import { appointmentDeskSession } from '../../dist/cli/appointment-desk-session.js';
import { createRelay } from '../../dist/relay/create.js';
import { serveUsage } from './usage.js';

const relay = createRelay({ port: 0, session: appointmentDeskSession });
serveUsage(relay);
await relay.listen();
process.send({ url: relay.url });
