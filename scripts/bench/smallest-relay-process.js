/**
 * The smallest relay that one could write: each message of one socket goes on to the next. Its mouth→ear is the floor for
 * any relay that waits for the recogniser's own end of speech; its processor time and memory are the floor for their cost. It has
 * no turn taking, interruptions, retries, history or measurements. Talks to relay-child.js.
 */
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers';
import { WebSocket, WebSocketServer } from 'ws';
import { serveUsage } from './usage.js';

const { DEEPGRAM_BASE_URL: deepgram, OPENAI_BASE_URL: openai, ELEVENLABS_BASE_URL: elevenlabs } = process.env;
const listenQuery =
  'model=nova-3&encoding=mulaw&sample_rate=8000&channels=1&interim_results=true&endpointing=10&punctuate=true';
const speakQuery = 'model_id=eleven_flash_v2_5&output_format=ulaw_8000&auto_mode=true';
/** As hzrelay's first sentence: what is spoken first is not longer. */
const sentenceEnd = /[.!?]\s/;

const server = createServer((_request, response) => {
  const { port } = server.address();
  response.setHeader('content-type', 'text/xml');
  response.end(`<Response><Connect><Stream url="ws://127.0.0.1:${port}/media"/></Connect></Response>`);
});
new WebSocketServer({ server }).on('connection', (phone) => {
  const ear = new WebSocket(`${deepgram.replace(/^http/, 'ws')}/v1/listen?${listenQuery}`, {
    headers: { authorization: 'Token simulated' },
  });
  let streamSid = '';
  let words = '';
  const messages = [{ role: 'system', content: 'You answer the phone.' }];
  phone.on('message', (data) => {
    const { event, media, start } = JSON.parse(data);
    if (event === 'start') streamSid = start.streamSid;
    if (event === 'media' && ear.readyState === WebSocket.OPEN)
      ear.send(Buffer.from(media.payload, 'base64'));
  });
  phone.on('close', () => {
    ear.send('{"type":"CloseStream"}');
    ear.close();
  });
  ear.on('error', () => undefined);
  ear.on('message', (data) => {
    const { type, is_final: isFinal, speech_final: isOver, channel } = JSON.parse(data);
    if (type !== 'Results' || !isFinal) return;
    words = `${words} ${channel.alternatives[0].transcript}`.trim();
    if (!isOver || words === '') return;
    messages.push({ role: 'user', content: words });
    words = '';
    void answer(messages, (payload) => {
      phone.send(JSON.stringify({ event: 'media', streamSid, media: { payload } }));
    });
  });
});

/** Asks the model, and plays its answer as it comes. */
async function answer(messages, play) {
  const voice = new WebSocket(
    `${elevenlabs.replace(/^http/, 'ws')}/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/stream-input?${speakQuery}`,
    { headers: { 'xi-api-key': 'simulated' } },
  );
  const opened = new Promise((resolve) => voice.once('open', resolve));
  voice.on('error', () => undefined);
  voice.on('message', (data) => {
    const { audio } = JSON.parse(data);
    if (audio) play(audio);
  });
  const response = await fetch(`${openai}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer simulated' },
    body: JSON.stringify({ model: 'gpt-4.1-mini', messages, stream: true }),
  });
  await opened;
  voice.send(JSON.stringify({ text: ' ' }));
  let text = '';
  let unsaid = '';
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const token = JSON.parse(line.slice(6)).choices[0]?.delta?.content ?? '';
      text += token;
      unsaid += token;
      const end = sentenceEnd.exec(unsaid);
      if (!end) continue;
      voice.send(JSON.stringify({ text: unsaid.slice(0, end.index + 2), flush: true }));
      unsaid = unsaid.slice(end.index + 2);
    }
  }
  messages.push({ role: 'assistant', content: text });
  if (unsaid !== '') voice.send(JSON.stringify({ text: `${unsaid} `, flush: true }));
  voice.send(JSON.stringify({ text: '' }));
}

serveUsage({
  close: async () => {
    setImmediate(() => process.exit());
  },
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
process.send({ url: `http://127.0.0.1:${server.address().port}` });
