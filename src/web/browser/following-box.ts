/** How far from its end a box may stand and still count as showing it, in pixels. */
const tolerance = 24;

/** A scrolled box that follows its end as it fills, until the reader scrolls up, and again when they come back down. */
export class FollowingBox {
  readonly #box: HTMLElement;
  #follows = true;

  constructor(box: HTMLElement) {
    this.#box = box;
    box.addEventListener('scroll', () => {
      this.#follows = box.scrollHeight - box.clientHeight - box.scrollTop < tolerance;
    });
    // Panels above may take room from it.
    new ResizeObserver(() => this.changed()).observe(box);
  }

  /** To be called whenever the contents have changed. */
  changed(): void {
    if (this.#follows) this.#box.scrollTop = this.#box.scrollHeight;
  }
}
