/** Applies inputs to the model and draws it at a low frame rate. */
import { render, type Instance } from 'ink';
import { wallMsOf, type Clock } from '../core/clock.js';
import type { ReactElement } from 'react';
import { FrameDiff } from './frame-diff.js';
import { FramePacer } from './frame-pacer.js';
import { InkInput, InkOutput } from './ink-streams.js';
import { clipboardSequence } from './clipboard.js';
import { Screen } from './components/Screen.js';
import { liveCount, modelAfter, type DashboardInput, type DashboardModel } from './model/dashboard-model.js';
import { keyPressed, type DashboardRequest, type KeyPress } from './model/key-press.js';

export interface PainterOptions {
  readonly clock: Clock;
  /** The initial model. */
  readonly model: DashboardModel;
  readonly colour: boolean;
  /** Writes bytes to the terminal. */
  readonly write: (text: string) => void;
  /** Called with the user's requests that the painter cannot carry out. */
  readonly onRequest: (request: DashboardRequest) => void;
  /** The number of frames after which {@link onWorn} is called, once. */
  readonly framesPerThread: number;
  /** Called when Ink's cache of measured texts has grown so much that its thread should be replaced. */
  readonly onWorn: () => void;
}

/** How often the clock of a running call advances. */
const heartbeatMs = 1000;
const minuteMs = 60_000;

export class Painter {
  readonly #options: PainterOptions;
  readonly #pacer: FramePacer;
  readonly #input = new InkInput();
  #model: DashboardModel;
  readonly #output: InkOutput;
  readonly #diff = new FrameDiff();
  #size: { readonly columns: number; readonly rows: number };
  #frames = 0;
  #frame: string | null = null;
  #ink: Instance | null = null;

  constructor(options: PainterOptions) {
    this.#options = options;
    this.#model = options.model;
    this.#size = options.model.ui;
    this.#output = new InkOutput(this.#size.columns, (frame) => (this.#frame = frame));
    this.#pacer = new FramePacer(options.clock, () => this.#draw());
    this.#pacer.request();
  }

  /** The current model. */
  get model(): DashboardModel {
    return this.#model;
  }

  /** Applies inputs; the next frame shows them. */
  take(inputs: readonly DashboardInput[]): void {
    this.#tellTime();
    const before = this.#model;
    for (const input of inputs) this.#model = modelAfter(this.#model, input);
    if (this.#model !== before) this.#pacer.request();
  }

  /** Takes typed input, as the terminal sent it. */
  type(text: string): void {
    this.#input.write(text);
  }

  /** Draws everything again after the screen was cleared. */
  redraw(): void {
    this.#diff.reset();
    this.#pacer.request();
  }

  /** Stops drawing. */
  close(): void {
    this.#pacer.close();
    this.#ink?.unmount();
    this.#input.destroy();
  }

  #draw(): void {
    this.#tellTime();
    const { columns, rows } = this.#model.ui;
    if (columns !== this.#size.columns || rows !== this.#size.rows) {
      // Terminals reflow the old picture in different ways: draw everything.
      this.#diff.reset();
      this.#size = { columns, rows };
      this.#output.columns = columns;
    }
    const drawn = this.#model;
    this.#render();
    // Ink has found that the transcript is scrolled too far.
    if (this.#model !== drawn) this.#render();
    this.#show();
    this.#model = modelAfter(this.#model, { type: 'drawn' });
    if (++this.#frames === this.#options.framesPerThread) this.#options.onWorn();
    this.#requestNext();
  }

  /** Requests the frames that time alone causes: a running call's clock, an expiring notice, the relay's uptime. */
  #requestNext(): void {
    const { nowMs, openedMs, ui } = this.#model;
    const isBusy = liveCount(this.#model) > 0 || ui.status !== null;
    this.#pacer.request(isBusy ? heartbeatMs : minuteMs - ((nowMs - (openedMs ?? nowMs)) % minuteMs));
  }

  #render(): void {
    const screen = (
      <Screen
        model={this.#model}
        colour={this.#options.colour}
        onKeyPress={(key) => this.#onKeyPress(key)}
        onTranscriptMeasured={(mostBack) =>
          (this.#model = modelAfter(this.#model, { type: 'transcript_measured', mostBack }))
        }
      />
    );
    if (this.#ink) this.#ink.rerender(screen);
    else this.#ink = this.#mount(screen);
  }

  /** Ink may have drawn several frames; only the last one is used. */
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
      // Makes Ink write complete frames, which are paced and compared here: see InkOutput.
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
    const { clock } = this.#options;
    this.#model = modelAfter(this.#model, { type: 'time', nowMs: clock.nowMs(), wallMs: wallMsOf(clock) });
  }
}
