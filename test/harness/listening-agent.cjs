// The appointment desk with the voice of the light agent: for tests of what it understands, not of how it sounds.
const { tts } = require('./light-agent.cjs');

const greeting = 'Hello, this is the appointment desk. How can I help you?';

module.exports = {
  agent: { systemPrompt: 'You run an appointment desk.', greeting },
  stt: { provider: 'local' },
  llm: { provider: 'local' },
  tts,
};
