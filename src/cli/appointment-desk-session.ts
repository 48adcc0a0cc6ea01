import { appointmentDeskPrompt } from '../providers/local/llm/appointment-desk.js';
import type { AgentConfig, RelaySessionConfig } from '../relay/config/config.js';

/** The appointment desk's agent. */
export const deskAgent: AgentConfig = {
  systemPrompt: appointmentDeskPrompt,
  greeting: 'Hello, this is the appointment desk. How can I help you?',
};

/** What a caller may say to the desk first. */
export const deskSuggestions: readonly string[] = [
  'Book my appointment',
  'Cancel my appointment',
  'When is my appointment?',
];

/** The desk with embedded providers only: for relays that commands start, for benchmarks and for recorded calls. */
export const appointmentDeskSession: RelaySessionConfig = {
  stt: { provider: 'local' },
  llm: { provider: 'local' },
  tts: { provider: 'local' },
  agent: deskAgent,
};
