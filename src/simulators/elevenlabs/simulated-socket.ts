import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { ElevenLabsFault, ErrorWording } from './elevenlabs-fault.js';
import { oddFrames, type ElevenLabsManners } from './elevenlabs-manners.js';
import { SimulatedContext, type SimulatedContextOptions } from './simulated-context.js';

export interface SimulatedSocketOptions {
  readonly socket: WebSocket;
  /** Whether it has several contexts; `stream-input` has one. */
  readonly isMulti: boolean;
  readonly context: () => Omit<SimulatedContextOptions, 'onPiece' | 'onFlushed' | 'onFinal' | 'onFault'>;
  readonly onText: (text: string) => void;
  readonly onAudio: (audio: Buffer) => void;
  /** Called with the first message of each context. */
  readonly onOpening: (message: object) => void;
  readonly onProblem: (problem: string) => void;
  readonly onContexts: (count: number) => void;
}

const schema = z.strictObject({
  text: z.string().optional(),
  context_id: z.string().min(1).optional(),
  flush: z.boolean().optional(),
  try_trigger_generation: z.boolean().optional(),
  voice_settings: z.looseObject({}).optional(),
  generation_config: z.looseObject({}).optional(),
  pronunciation_dictionary_locators: z
    .array(z.strictObject({ pronunciation_dictionary_id: z.string().min(1), version_id: z.string().min(1) }))
    .max(3)
    .optional(),
  xi_api_key: z.string().optional(),
  close_context: z.literal(true).optional(),
  close_socket: z.literal(true).optional(),
});
type Message = z.infer<typeof schema>;

const maxContexts = 5;
const onlyContext = 'default';

const errorWords: Readonly<Record<ErrorWording, (code: string) => object>> = {
  fields: (code) => ({ error: code, message: 'Simulated failure.', code: 1008 }),
  error_object: (code) => ({ error: { code, message: 'Simulated failure.' } }),
  detail_object: (code) => ({ detail: { status: code, message: 'Simulated failure.' } }),
  detail_sentence: (code) => ({ detail: `Simulated failure: ${code}.` }),
};

/** One client socket: holds its contexts and enforces the protocol's rules. */
export class SimulatedSocket {
  readonly #options: SimulatedSocketOptions;
  readonly #contexts = new Map<string, SimulatedContext>();
  #odd = 0;

  constructor(options: SimulatedSocketOptions) {
    this.#options = options;
    const { socket } = options;
    socket.on('message', (data, isBinary) => this.#take(isBinary ? '' : (data as Buffer).toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const context of this.#contexts.values()) context.stop();
      this.#contexts.clear();
    });
  }

  /** Currently open contexts. */
  get openContexts(): number {
    return this.#contexts.size;
  }

  #take(json: string): void {
    let message: Message;
    try {
      message = schema.parse(JSON.parse(json));
    } catch {
      this.#refuse('invalid_request', `It sent an invalid message: ${json}`);
      return;
    }
    const { text, context_id: id, flush = false } = message;
    if (message.close_socket) this.#options.socket.close(1000);
    else if (this.#options.isMulti && id === undefined) this.#takeKeepAlive(text);
    else this.#takeForContext(id ?? onlyContext, message, text, flush);
  }

  /** A message without a context can only be a keep-alive. */
  #takeKeepAlive(text: string | undefined): void {
    if (text !== '') this.#refuse('invalid_request', 'It sent a text without a context.');
  }

  #takeForContext(id: string, message: Message, text: string | undefined, flush: boolean): void {
    const context = this.#contexts.get(id);
    if (!context) {
      this.#open(id, message);
    } else if (
      message.voice_settings ||
      message.generation_config ||
      message.pronunciation_dictionary_locators
    ) {
      this.#refuse('invalid_request', `It changed the settings of ${id}.`);
    } else if (message.close_context || (text === '' && !this.#options.isMulti)) {
      context.close();
    } else if (text !== undefined && text !== '' && !text.endsWith(' ')) {
      this.#refuse('invalid_request', `It sent a text that does not end with a space: "${text}".`);
    } else {
      if (text) this.#options.onText(text);
      context.takeText(text ?? '', flush);
    }
  }

  #open(id: string, message: Message): void {
    const { text, close_context: closes } = message;
    // The context has already ended.
    if (closes) return;
    if (text !== ' ') {
      this.#refuse('invalid_request', `It opened ${id} with something other than a space.`);
      return;
    }
    if (this.#contexts.size >= maxContexts) {
      this.#refuse('max_active_conversations', 'It opened more than five contexts.');
      return;
    }
    this.#options.onOpening(message);
    const options = this.#options.context();
    const { isMulti, onContexts } = this.#options;
    const { manners } = options;
    const send = (message: object): void => this.#send(id, message, manners);
    this.#contexts.set(
      id,
      new SimulatedContext({
        ...options,
        onPiece: (audio, times) => {
          this.#options.onAudio(audio);
          if (manners.unknown) send({ type: 'viseme', visemes: [{ id: 4, at: 0.5 }] });
          if (manners.oddFrames) this.#sendOddFrame();
          send({ audio: audio.toString('base64'), ...times });
        },
        onFlushed: () => send({ type: 'flush_done' }),
        onFinal: () => {
          this.#contexts.delete(id);
          send({ isFinal: true });
          if (!isMulti) this.#options.socket.close(1000);
        },
        onFault: (fault) => {
          if (fault.fault === 'early_final') this.#contexts.delete(id);
          this.#fail(fault, send);
        },
      }),
    );
    onContexts(this.#contexts.size);
  }

  #fail(fault: ElevenLabsFault, send: (message: object) => void): void {
    const { socket } = this.#options;
    if (fault.fault === 'drop') socket.terminate();
    else if (fault.fault === 'garbage') socket.send('{"audio":');
    else if (fault.fault === 'early_final') send({ isFinal: true });
    else if (fault.fault === 'error') {
      const { code, worded = 'fields' } = fault;
      send(errorWords[worded](code));
      if (worded === 'fields') socket.close(1008, code);
    }
  }

  #sendOddFrame(): void {
    this.#options.socket.send(oddFrames[this.#odd++ % oddFrames.length] ?? '');
  }

  #send(id: string, message: object, { contextKey, unknown }: Required<ElevenLabsManners>): void {
    const { socket, isMulti } = this.#options;
    const extra = unknown && { request_id: 'simulated', latency: { model: 0.07 }, isFinal: null };
    socket.send(JSON.stringify({ ...extra, ...message, ...(isMulti && { [contextKey]: id }) }));
  }

  #refuse(error: string, message: string): void {
    this.#options.onProblem(message);
    this.#options.socket.send(JSON.stringify({ message, error, code: 1008 }));
    this.#options.socket.close(1008, error);
  }
}
