import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '#src/core/clock.js';
import {
  placeCall,
  type PlaceCallOptions,
  type SimulatedPhone,
} from '#src/simulators/phone/simulated-phone.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import { openPhoneLine, type PhoneLine, type PhoneLineOptions } from './phone-line.js';
import { passTime } from './quiet-wire.js';
import { RelayEnd } from './relay-end.js';

export interface SimulatedPhoneCall {
  readonly clock: VirtualClock;
  readonly line: PhoneLine;
  readonly phone: SimulatedPhone;
  readonly relay: RelayEnd;
  readonly pass: (ms: number) => Promise<void>;
}

/** A webhook that takes requests and never answers. */
export interface SilentWebhook {
  readonly voiceUrl: string;
  /** Resolves when the first request has arrived. */
  readonly asked: Promise<void>;
}

/** Calls of simulated phones, and the lines that take them; {@link close} ends the lines. */
export class SimulatedPhoneCalls {
  readonly #closings: (() => Promise<void>)[] = [];

  async openLine(clock: VirtualClock, options: Partial<PhoneLineOptions> = {}): Promise<PhoneLine> {
    const line = await openPhoneLine({ clock, ...options });
    this.#closings.push(() => line.close());
    return line;
  }

  /** A phone line whose webhook answers with this document. */
  lineThatSays(clock: VirtualClock, body: string, status = 200): Promise<PhoneLine> {
    return this.openLine(clock, { answer: () => ({ status, body }) });
  }

  async silentWebhook(): Promise<SilentWebhook> {
    const server = createServer();
    this.#closings.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
    const asked = new Promise<void>((resolve) => server.on('request', () => resolve()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { voiceUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/voice`, asked };
  }

  /** Places a call; resolves when the relay's end has its media stream. */
  async place(
    options: Partial<PlaceCallOptions> = {},
    lineOptions: Partial<PhoneLineOptions> = {},
    clockOf: (clock: VirtualClock) => Clock = (clock) => clock,
  ): Promise<SimulatedPhoneCall> {
    const clock = new VirtualClock();
    let take: (relay: RelayEnd) => void;
    const taken = new Promise<RelayEnd>((resolve) => (take = resolve));
    const line = await this.openLine(clock, {
      ...lineOptions,
      onStream: (start) => take(new RelayEnd(start)),
    });
    const phone = await placeCall({ voiceUrl: line.voiceUrl, clock: clockOf(clock), ...options });
    const relay = await taken;
    return { clock, line, phone, relay, pass: (ms) => passTime(clock, ms, phone, relay) };
  }

  async close(): Promise<void> {
    for (const close of this.#closings.splice(0)) await close();
  }
}
