/** Places reserved for calls that are still connecting. */
import type { TransportType } from '../transport/transport.js';

/** A place reserved for one such call. */
export interface Reservation {
  /** Frees the place, once the call has arrived or failed. Idempotent. */
  release(): void;
}

export class ReservedPlaces {
  readonly #held = new Map<Reservation, TransportType>();
  readonly #onReleased: () => void;

  constructor(onReleased: () => void) {
    this.#onReleased = onReleased;
  }

  /** How many places are reserved, over all transports. */
  get total(): number {
    return this.#held.size;
  }

  of(transport: TransportType): number {
    return [...this.#held.values()].filter((one) => one === transport).length;
  }

  take(transport: TransportType): Reservation {
    const reservation = {
      release: () => {
        this.#held.delete(reservation);
        this.#onReleased();
      },
    };
    this.#held.set(reservation, transport);
    return reservation;
  }
}
