// The light agent with a greeting of ten seconds: whatever interrupts its calls finds it speaking.
const { llm, stt, tts } = require('./light-agent.cjs');

const greeting = 'Hello, hello. '.repeat(10).trim();

module.exports = { agent: { systemPrompt: 'Say back what you were told.', greeting }, stt, llm, tts };
