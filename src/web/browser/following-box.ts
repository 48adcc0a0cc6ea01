/** Distance from its end, in pixels, at which a box still counts as showing the end. */
const tolerance = 24;

/** A scroll box that follows its end as it fills. It stops when the reader scrolls up, and resumes at the bottom. */
export class FollowingBox {
  readonly #box: HTMLElement;
  #follows = true;

  constructor(box: HTMLElement) {
    this.#box = box;
    box.addEventListener('scroll', () => {
      this.#follows = box.scrollHeight - box.clientHeight - box.scrollTop < tolerance;
    });
    // Panels above may shrink it.
    new ResizeObserver(() => this.changed()).observe(box);
  }

  /** Call it after every change of the contents. */
  changed(): void {
    if (this.#follows) this.#box.scrollTop = this.#box.scrollHeight;
  }
}
