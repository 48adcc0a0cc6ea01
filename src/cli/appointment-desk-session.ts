import type { RelaySessionConfig } from '../server/config.js';

/** The session that answers where the user has configured none: the embedded appointment desk. */
export const appointmentDeskSession: RelaySessionConfig = {
  stt: { provider: 'local' },
  llm: { provider: 'local' },
  tts: { provider: 'local' },
  agent: {
    systemPrompt: 'You are the friendly receptionist of an appointment desk. Keep your answers short.',
    greeting: 'Hello, this is the appointment desk. How can I help you?',
  },
};
