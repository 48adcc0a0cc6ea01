/**
 * What every simulated vendor has in common, so that drills, whole calls and users' tests can use any vendor by name. Each
 * folder under `simulators/` that simulates a vendor exports one definition for each kind that the vendor serves, and
 * `vendor-simulators.ts` lists them.
 */
import type { Clock } from '../core/clock.js';
import type { ProviderKind } from '../core/errors.js';
import type { LlmUsage, SttUsage, TtsUsage } from '../metrics/provider-usage.js';
import type { ChatMessage, ToolDefinition } from '../providers/language-model.js';
import type { SimulatedHearing } from './simulated-hearing.js';
import type { SimulatedVoice } from './simulated-voice.js';

/** Faults of a simulated recogniser's connection. Audio times count from the connection's first sample. */
export type RecogniserFault =
  /** The TCP connection is cut before the handshake. */
  | { readonly type: 'refuse' }
  /** An HTTP status instead of a WebSocket: 401, 429 with `retryAfterSec`, 500, … */
  | { readonly type: 'status'; readonly status: number; readonly retryAfterSec?: number }
  /**
   * At this position in the audio: the TCP connection is cut; the vendor closes the WebSocket as after an error of its own;
   * ends its half of the TCP connection; stops reading and sending; or sends half a message.
   */
  | {
      readonly type: 'drop' | 'close' | 'half_close' | 'stall' | 'garbage';
      readonly afterAudioMs: number;
    }
  /** Every message arrives in pieces of 40 bytes, one each 5 ms. */
  | { readonly type: 'slow_drip' }
  /** Each pair of messages arrives in reverse order. */
  | { readonly type: 'out_of_order' }
  /** The TCP connection is cut in the middle of a final result. */
  | { readonly type: 'cut_final' }
  /** The audio is decoded in another encoding than declared: no words are recognised, and no error is sent. */
  | { readonly type: 'wrong_encoding' };

/** Faults of one request to a simulated model. */
export type ModelFault =
  /** The connection is reset after the request has arrived. */
  | { readonly fault: 'reset' }
  /** An HTTP error in the vendor's wording. */
  | { readonly fault: 'status'; readonly status: number; readonly retryAfter?: string }
  /** After `afterTokens` tokens the connection breaks; goes silent; ends without an error; or delivers half a message. */
  | { readonly fault: 'drop' | 'stall' | 'truncate' | 'garbage'; readonly afterTokens: number }
  /** The answer arrives in pieces of `bytes`, which may cut a message or a character. */
  | { readonly fault: 'slow_drip'; readonly bytes: number; readonly everyMs: number };

/** Faults of a simulated voice. */
export type VoiceFault =
  /** The next connection or request is refused, in the vendor's wording for this status. */
  | { readonly fault: 'refuse'; readonly status: number; readonly retryAfter?: string }
  /** After `afterPieces` pieces of audio the connection breaks; goes silent; or delivers half a message, whose audio is lost. */
  | { readonly fault: 'drop' | 'stall' | 'garbage'; readonly afterPieces: number }
  /** The audio is in another encoding than requested. */
  | { readonly fault: 'wrong_encoding' }
  /** More audio comes after the end of the answer. */
  | { readonly fault: 'stale_audio' }
  /** The end of the answer is reported before its last piece of audio; on a wire that keeps its order, nothing happens. */
  | { readonly fault: 'out_of_order' };

/** The faults of each kind. */
export interface FaultOf {
  readonly stt: RecogniserFault;
  readonly llm: ModelFault;
  readonly tts: VoiceFault;
}

/** What a vendor would charge for: an entry for each connection or request that it accepted, in their order. */
export interface BilledOf {
  readonly stt: Pick<SttUsage, 'seconds'>;
  /** `estimated`: the vendor could not tell the client, since the answer was cut. */
  readonly llm: Omit<LlmUsage, 'kind' | 'provider' | 'model'>;
  readonly tts: Pick<TtsUsage, 'characters' | 'seconds'>;
}

/** A running simulator of one vendor, on the loopback interface. The caller closes it. */
export interface VendorSimulator<Kind extends ProviderKind = ProviderKind> {
  /** The `baseUrl` of the provider's config. */
  readonly baseUrl: string;
  /** Attempts at the service: connections of a recogniser or a voice over WebSockets, else requests; checks do not count. */
  readonly attempts: number;
  /**
   * Requests that are being answered, for a service over HTTP, whose connections are kept; null for WebSockets, where every
   * connection counts.
   */
  readonly openAnswers: number | null;
  /** Client mistakes that the vendor refuses or misunderstands; empty for a correct client. */
  readonly problems: readonly string[];
  readonly billed: readonly BilledOf[Kind][];
  /** Queues faults for the next connections, requests or answers, one each; later ones are healthy. */
  failNext(...faults: readonly FaultOf[Kind][]): void;
  /** Cuts all connections and frees the port. Idempotent. */
  close(): Promise<void>;
}

interface SharedOptions {
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** `random` draws the shape of each answer from all that the vendor was seen to send. @default as documented */
  readonly manners?: 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** A request to a simulated model, in the types of the language model contract. */
export interface SimulatedRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
}

/** An answer of a simulated model. */
export interface SimulatedAnswer {
  readonly text?: string;
  readonly toolCalls?: readonly {
    readonly name: string;
    /** A string is sent unchanged. */
    readonly arguments: Readonly<Record<string, unknown>> | string;
    /** @default a new one */
    readonly id?: string;
  }[];
}

/** What a simulated model answers. */
export type SimulatedAnswers = (
  request: SimulatedRequest,
) => string | SimulatedAnswer | Promise<string | SimulatedAnswer>;

/** The options that every simulator of a kind takes. */
export interface SimulatorOptionsOf {
  readonly stt: SharedOptions & {
    /** The words it recognises. @default none */
    readonly hearing?: SimulatedHearing;
    /** Faults by connection; connections beyond the end are healthy. */
    readonly faults?: readonly RecogniserFault[];
  };
  readonly llm: SharedOptions & {
    /** @default always the same friendly sentence */
    readonly answers?: SimulatedAnswers;
  };
  readonly tts: SharedOptions & {
    /** @default a tone for each character */
    readonly voice?: SimulatedVoice;
  };
}

/** How a simulator is started, and the config that uses it. */
export interface SimulatorDefinition<Kind extends ProviderKind = ProviderKind> {
  readonly kind: Kind;
  /** The provider's name in configs. */
  readonly name: string;
  /** A key that works with simulators only. Every part of it is unique, so that a search for it finds leaks. */
  readonly apiKey: string;
  /** Fields that the provider's config needs besides key and address, such as the model. @default none */
  readonly config?: Readonly<Record<string, unknown>>;
  start(options: SimulatorOptionsOf[Kind]): Promise<VendorSimulator<Kind>>;
}
