// Acme on this machine: all three wires, so that the examples need no key. The recogniser follows a script, a function gives
// the model's answers, and the voice is a tone for each word.
//
//   node examples/own-vendor/server.mjs [port]
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

/**
 * @typedef {object} Fault A fault of the next requests of a kind.
 * @property {'stt' | 'llm' | 'tts'} kind
 * @property {'drop' | number} how `drop`: in the middle of the answer; else the status of the refusal
 * @property {number} [times] once, unless given
 */

/**
 * @param {object} [options]
 * @param {number} [options.port]
 * @param {string} [options.apiKey]
 * @param {readonly string[]} [options.hears] the callers' utterances in turn, repeated from the first
 * @param {(messages: readonly object[]) => string | { name: string, input: object }} [options.answers] a text or a tool call
 */
export async function startAcme(options = {}) {
  const {
    port = 0,
    apiKey = 'acme-key',
    hears = ['book a table'],
    answers = () => 'A table, of course.',
  } = options;
  /** @type {Fault[]} */
  let faults = [];
  const requests = { account: 0, stt: 0, llm: 0, tts: 0 };
  let utterance = 0;

  /** The fault of this request, if it has one. */
  function faultOf(kind) {
    const fault = faults.find((one) => one.kind === kind);
    if (fault && (fault.times = (fault.times ?? 1) - 1) <= 0) faults = faults.filter((one) => one !== fault);
    return fault?.how;
  }

  /** Counts a request. Returns its status, and whether its answer is cut off. */
  function admit({ headers }, kind) {
    requests[kind] += 1;
    if (headers.authorization !== `Bearer ${apiKey}`) return { status: 401, cut: false };
    const how = faultOf(kind);
    return { status: typeof how === 'number' ? how : 200, cut: how === 'drop' };
  }

  const server = createServer(async (request, response) => {
    const kind = { '/account': 'account', '/answer': 'llm', '/speech': 'tts' }[request.url];
    const { status, cut } = kind ? admit(request, kind) : { status: 404, cut: false };
    const body = JSON.parse((await text(request)) || '{}');
    response.writeHead(status);
    if (status === 200 && kind !== 'account') {
      const pieces = kind === 'llm' ? answerOf(answers(body.messages)) : speechOf(body);
      for (const piece of cut ? pieces.slice(0, pieces.length / 2) : pieces) {
        response.write(piece);
        await sleep(5);
      }
      if (cut) return response.destroy();
    }
    response.end();
  });

  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const { status, cut } = admit(request, 'stt');
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
    const rate = Number(new URL(request.url, 'http://acme').searchParams.get('rate'));
    sockets.handleUpgrade(request, socket, head, (ws) => listen(ws, rate, cut));
  });

  /** Recognises one word per 200 ms of sound, and all words when a final is requested. */
  function listen(ws, rate, cut) {
    let samples = 0;
    let loud = 0;
    const say = (message) => ws.send(JSON.stringify({ ...message, until_ms: (samples / rate) * 1000 }));
    const words = () => hears[utterance % hears.length].split(' ');
    ws.on('message', (data, isBinary) => {
      if (isBinary) {
        const frame = new Int16Array(Uint8Array.from(data).buffer);
        samples += frame.length;
        const before = Math.floor(loud / 200);
        if (frame.some((sample) => Math.abs(sample) > 1000)) loud += (frame.length / rate) * 1000;
        const known = Math.floor(loud / 200);
        if (cut && known > 0) ws.terminate();
        else if (known > before) say({ type: 'partial', text: words().slice(0, known).join(' ') });
        return;
      }
      const text = loud > 60 ? words().join(' ') : '';
      if (text) utterance += 1;
      loud = 0;
      say({ type: 'final', text, flushed: true });
    });
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${server.address().port}`,
    apiKey,
    requests,
    /** @param {Fault[]} next */
    fail: (...next) => void (faults = next.map((fault) => ({ ...fault }))),
    async close() {
      for (const ws of sockets.clients) ws.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** An answer as lines of JSON, one word each. */
function answerOf(answer) {
  const pieces =
    typeof answer === 'string'
      ? [...answer.match(/\S+\s*/g).map((text) => ({ text })), { end: 'stop' }]
      : [{ tool: { id: 'call-1', ...answer } }, { end: 'tools' }];
  return pieces.map((piece) => `${JSON.stringify(piece)}\n`);
}

/** A tone of 150 ms for each word, in pieces that may split a sample. */
function speechOf({ text, rate, speed = 1 }) {
  const perWord = Math.round((rate * 0.15) / speed);
  const pcm = Buffer.alloc(text.split(/\s+/).length * perWord * 2);
  for (let at = 0; at < pcm.length / 2; at++)
    pcm.writeInt16LE(Math.round(8000 * Math.cos((2 * Math.PI * 440 * at) / rate)), at * 2);
  return Array.from({ length: Math.ceil(pcm.length / 1001) }, (_, at) =>
    pcm.subarray(at * 1001, (at + 1) * 1001),
  );
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { baseUrl, apiKey } = await startAcme({ port: Number(process.argv[2] ?? 8899) });
  console.log(`ACME_BASE_URL=${baseUrl} ACME_API_KEY=${apiKey}`);
}
