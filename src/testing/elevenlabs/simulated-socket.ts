import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { ElevenLabsFault } from './elevenlabs-fault.js';
import { SimulatedContext, type SimulatedContextOptions } from './simulated-context.js';

export interface SimulatedSocketOptions {
  readonly socket: WebSocket;
  /** Many contexts at once, or the one of `stream-input`. */
  readonly isMulti: boolean;
  readonly context: () => Omit<SimulatedContextOptions, 'onPiece' | 'onFinal' | 'onFault'>;
  readonly onText: (text: string) => void;
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
  xi_api_key: z.string().optional(),
  close_context: z.literal(true).optional(),
  close_socket: z.literal(true).optional(),
});
type Message = z.infer<typeof schema>;

const maxContexts = 5;
const onlyContext = 'default';

/** One client's socket: keeps its contexts and the protocol's rules. */
export class SimulatedSocket {
  readonly #options: SimulatedSocketOptions;
  readonly #contexts = new Map<string, SimulatedContext>();

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

  /** Contexts that are open now. */
  get openContexts(): number {
    return this.#contexts.size;
  }

  #take(json: string): void {
    let message: Message;
    try {
      message = schema.parse(JSON.parse(json));
    } catch {
      this.#refuse('invalid_request', `It sent something that is no message: ${json}`);
      return;
    }
    const { text, context_id: id, flush = false } = message;
    if (message.close_socket) this.#options.socket.close(1000);
    else if (this.#options.isMulti && id === undefined) this.#takeKeepAlive(text);
    else this.#takeForContext(id ?? onlyContext, message, text, flush);
  }

  /** About the whole socket there is nothing else to say. */
  #takeKeepAlive(text: string | undefined): void {
    if (text !== '') this.#refuse('invalid_request', 'It sent a text without a context.');
  }

  #takeForContext(id: string, message: Message, text: string | undefined, flush: boolean): void {
    const context = this.#contexts.get(id);
    if (!context) {
      this.#open(id, message);
    } else if (message.voice_settings || message.generation_config) {
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

  #open(id: string, { text, close_context: closes }: Message): void {
    // The context has ended meanwhile.
    if (closes) return;
    if (text !== ' ') {
      this.#refuse('invalid_request', `It opened ${id} with something other than a space.`);
      return;
    }
    if (this.#contexts.size >= maxContexts) {
      this.#refuse('max_active_conversations', 'It opened more than five contexts.');
      return;
    }
    const options = this.#options.context();
    const { isMulti, onContexts } = this.#options;
    this.#contexts.set(
      id,
      new SimulatedContext({
        ...options,
        onPiece: ({ audio, alignment }) => this.#send(id, { audio: audio.toString('base64'), alignment }),
        onFinal: () => {
          this.#contexts.delete(id);
          this.#send(id, { isFinal: true });
          if (!isMulti) this.#options.socket.close(1000);
        },
        onFault: (fault) => this.#fail(id, fault),
      }),
    );
    onContexts(this.#contexts.size);
  }

  #fail(id: string, fault: ElevenLabsFault): void {
    const { socket } = this.#options;
    if (fault.fault === 'drop') socket.terminate();
    else if (fault.fault === 'garbage') socket.send('{"audio":');
    else if (fault.fault === 'error') {
      this.#send(id, { error: fault.code, message: 'Simulated failure.', code: 1008 });
      socket.close(1008, fault.code);
    }
  }

  #send(id: string, message: object): void {
    this.#options.socket.send(
      JSON.stringify({ ...message, ...(this.#options.isMulti && { contextId: id }) }),
    );
  }

  #refuse(error: string, message: string): void {
    this.#options.onProblem(message);
    this.#options.socket.send(JSON.stringify({ message, error, code: 1008 }));
    this.#options.socket.close(1008, error);
  }
}
