/** The model and its picture: takes inputs, and draws what they amount to at a pace that costs little. */
import { render, type Instance } from 'ink';
import type { Clock } from '../clock.js';
import type { ReactElement } from 'react';
import { FrameDiff } from './frame-diff.js';
import { FramePacer } from './frame-pacer.js';
import { InkInput, InkOutput } from './ink-streams.js';
import { clipboardSequence } from './clipboard.js';
import { Screen } from './components/Screen.js';
import {
  initialModel,
  liveCount,
  modelAfter,
  type DashboardInput,
  type DashboardModel,
} from './model/dashboard-model.js';
import { keyPressed, type DashboardRequest, type KeyPress } from './model/key-press.js';
import type { RelayFacts } from './model/relay-facts.js';

export interface PainterOptions {
  readonly clock: Clock;
  readonly relay: RelayFacts;
  readonly size: TerminalSize;
  readonly colour: boolean;
  /** Takes what belongs on the terminal. */
  readonly write: (text: string) => void;
  /** Hears what a person asks for that the painter cannot do. */
  readonly onRequest: (request: DashboardRequest) => void;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How often the clock of a running call moves. */
const heartbeatMs = 1000;

export class Painter {
  readonly #options: PainterOptions;
  readonly #pacer: FramePacer;
  readonly #input = new InkInput();
  #model: DashboardModel;
  readonly #output: InkOutput;
  readonly #diff = new FrameDiff();
  #size: TerminalSize;
  #frame: string | null = null;
  #ink: Instance | null = null;

  constructor(options: PainterOptions) {
    this.#options = options;
    this.#model = initialModel(options.relay, options.size);
    this.#size = options.size;
    this.#output = new InkOutput(options.size.columns, (frame) => (this.#frame = frame));
    this.#pacer = new FramePacer(options.clock, () => this.#draw());
    this.#pacer.request();
  }

  /** What is known at the moment. */
  get model(): DashboardModel {
    return this.#model;
  }

  /** Takes in what happened; the picture follows with the next frame. */
  take(inputs: readonly DashboardInput[]): void {
    this.#tellTime();
    for (const input of inputs) this.#model = modelAfter(this.#model, input);
    this.#pacer.request();
  }

  /** Takes in what was typed, as the terminal sent it. */
  type(text: string): void {
    this.#input.write(text);
  }

  /** Draws no more. */
  close(): void {
    this.#pacer.close();
    this.#ink?.unmount();
    this.#input.destroy();
  }

  #draw(): void {
    this.#tellTime();
    const { columns, rows } = this.#model.ui;
    if (columns !== this.#size.columns || rows !== this.#size.rows) {
      // Terminals differ in what they make of the old picture.
      this.#diff.reset();
      this.#size = { columns, rows };
      this.#output.columns = columns;
    }
    const screen = (
      <Screen model={this.#model} colour={this.#options.colour} onKeyPress={(key) => this.#onKeyPress(key)} />
    );
    if (this.#ink) this.#ink.rerender(screen);
    else this.#ink = this.#mount(screen);
    this.#show();
    if (liveCount(this.#model) > 0 || this.#model.ui.status) this.#pacer.request(heartbeatMs);
  }

  /** Ink may have drawn several frames on the way: the last one counts. */
  #show(): void {
    if (this.#frame === null) return;
    const update = this.#diff.next(this.#frame);
    this.#frame = null;
    if (update !== '') this.#options.write(update);
  }

  #mount(screen: ReactElement): Instance {
    return render(screen, {
      stdout: this.#output.asTerminal(),
      stdin: this.#input.asTerminal(),
      exitOnCtrlC: false,
      patchConsole: false,
      // Frames come whole and at once, to be paced and compared here: see InkOutput.
      debug: true,
    });
  }

  #onKeyPress(key: KeyPress): void {
    this.#tellTime();
    const { model, request } = keyPressed(this.#model, key);
    this.#model = model;
    if (request?.type === 'copy') {
      this.#options.write(clipboardSequence(request.text));
      this.#model = modelAfter(model, { type: 'status', text: `Copied ${request.what}.`, tone: 'good' });
    } else if (request) this.#options.onRequest(request);
    this.#pacer.request();
  }

  #tellTime(): void {
    this.#model = modelAfter(this.#model, { type: 'time', nowMs: this.#options.clock.nowMs() });
  }
}
