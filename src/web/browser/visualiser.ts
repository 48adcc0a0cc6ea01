/** Both sides' levels over the last seconds: the visitor above the middle, the agent below it. Decoration only. */
import type { Levels } from '../client/index.js';
import { byId } from './elements.js';

/** Quieter audio is drawn as silence. */
const quietestDb = -60;
const columnEveryMs = 45;
const columnWidth = 4;
const maxColumns = 2000;

export class Visualiser {
  readonly #canvas = byId('visualiser', HTMLCanvasElement);
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #columns: Levels[] = [];
  #columnMs = 0;
  #isDue = false;

  constructor() {
    this.#redraw();
  }

  /** Draws these levels, the newest on the right. */
  add(levels: Levels): void {
    const nowMs = performance.now();
    if (nowMs - this.#columnMs < columnEveryMs) return;
    this.#columnMs = nowMs;
    this.#columns.push(levels);
    // A hidden tab draws nothing.
    if (this.#columns.length > maxColumns) this.#columns = this.#columns.slice(-maxColumns / 2);
    this.#redraw();
  }

  /** No call is running. */
  clear(): void {
    this.#columns = [];
    this.#redraw();
  }

  #redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const scale = devicePixelRatio;
    if (this.#canvas.width !== Math.round(width * scale)) this.#canvas.width = Math.round(width * scale);
    if (this.#canvas.height !== Math.round(height * scale)) this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.#canvas);
    const colours = { visitor: style.getPropertyValue('--info'), agent: style.getPropertyValue('--ok') };
    const middle = height / 2;
    context.fillStyle = style.getPropertyValue('--edge');
    context.fillRect(0, middle - 0.5, width, 1);
    const most = Math.max(1, Math.floor(width / columnWidth));
    this.#columns = this.#columns.slice(-most);
    const shown = this.#still.matches ? this.#columns.slice(-1) : this.#columns;
    // Who wants no motion sees the level of the moment as two broad bars.
    const drawn = this.#still.matches ? width : columnWidth - 1;
    shown.forEach(({ visitor, agent }, index) => {
      const x = this.#still.matches ? 0 : width - (shown.length - index) * columnWidth;
      context.fillStyle = colours.visitor;
      const up = share(visitor) * (middle - 1);
      context.fillRect(x, middle - up, drawn, up);
      context.fillStyle = colours.agent;
      context.fillRect(x, middle, drawn, share(agent) * (middle - 1));
    });
  }
}

/** A root mean square as a share of the height. */
function share(rms: number): number {
  const db = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, 1 - db / quietestDb));
}
