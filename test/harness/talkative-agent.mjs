// The light agent with a greeting of ten seconds: whatever interrupts its calls finds it speaking.
import { llm, stt, tts } from './light-agent.mjs';

const greeting = 'Hello, hello. '.repeat(10).trim();

export default { agent: { systemPrompt: 'Say back what you were told.', greeting }, stt, llm, tts };
