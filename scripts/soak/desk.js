/** The session that takes the calls: the embedded appointment desk, as `hzrelay dev` runs it. */
import { appointmentDeskSession } from '../../dist/cli/appointment-desk-session.js';

/** Without providers: a test relay brings its own. */
export const desk = { agent: appointmentDeskSession.agent };
