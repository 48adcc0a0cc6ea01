import type { AgentConfig, RelaySessionConfig } from '../server/config.js';

/** The appointment desk's agent. */
export const deskAgent: AgentConfig = {
  systemPrompt: 'You are the friendly receptionist of an appointment desk. Keep your answers short.',
  greeting: 'Hello, this is the appointment desk. How can I help you?',
};

/** The desk with nothing but embedded providers: for calls to a relay of our own, and for what is measured and recorded. */
export const appointmentDeskSession: RelaySessionConfig = {
  stt: { provider: 'local' },
  llm: { provider: 'local' },
  tts: { provider: 'local' },
  agent: deskAgent,
};
