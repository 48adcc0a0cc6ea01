/** A visit to the test page in a real browser: the visitor's actions, what is seen and heard, and the browser's errors. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { Activity } from '#src/call-view/activity.js';

/** The rate of {@link PageVisit.heard}. */
export const heardRateHz = 16_000;

/** Time-out of all waits: for what hangs, not for what is slow on a machine that does other things too. */
const maxWaitMs = 40_000;

/**
 * Records the agent's received audio, in the page. It is text because it runs in the browser, before the page's modules.
 */
const recorder = `
  globalThis.heardChunks = [];
  globalThis.violations = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    violations.push(violatedDirective + ' ' + blockedURI);
  });
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      this.addEventListener('track', ({ streams }) => {
        const context = new AudioContext({ sampleRate: ${heardRateHz} });
        const processor = context.createScriptProcessor(1024, 1, 1);
        processor.onaudioprocess = ({ inputBuffer }) => heardChunks.push(inputBuffer.getChannelData(0).slice());
        context.createMediaStreamSource(streams[0]).connect(processor).connect(context.destination);
      });
    }
  };
`;

export interface PageVisitOptions {
  /** Whether the browser gives the page a microphone. @default true */
  readonly microphone?: boolean;
  /** JavaScript that runs before the page's own. */
  readonly before?: string;
}

export class PageVisit {
  readonly page: Page;
  /** Console errors, exceptions, and requests to other servers than the relay. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) this.complaints.push(`asked ${request.url()}`);
    });
  }

  /** Opens the page at this address. Close the visit with {@link close}, or close its browser. */
  static async open(
    browser: Browser,
    url: string,
    { microphone = true, before = '' }: PageVisitOptions = {},
  ): Promise<PageVisit> {
    const context = await browser.newContext({ permissions: microphone ? ['microphone'] : [] });
    context.setDefaultTimeout(maxWaitMs);
    const page = await context.newPage();
    await page.addInitScript(recorder + before);
    const visit = new PageVisit(context, page, new URL(url).origin);
    await page.goto(url);
    return visit;
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Calls, with the focus left where it is; resolves when the page says that it is live. */
  async connect(): Promise<void> {
    await this.button('Connect').waitFor();
    await this.page.evaluate("document.getElementById('call').click()");
    await this.says(/^Live$/);
  }

  /** Resolves when the page shows this state of the call. */
  async says(status: RegExp): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: status }).waitFor();
  }

  /** Resolves when the page shows this activity. */
  async shows(activity: Activity): Promise<void> {
    await this.page.locator('#activity').filter({ hasText: activity }).waitFor();
  }

  /** The entries of a list on the page, without blank lines. */
  async lines(id: string): Promise<string[]> {
    const texts = await this.page.locator(`#${id} > li:visible`).allInnerTexts();
    return texts.map((text) => text.replace(/\n+/g, '\n'));
  }

  /** The titles of the problems on the page. */
  problems(): Promise<string[]> {
    return this.page.locator('.problem-title').allInnerTexts();
  }

  /** Types a turn, and sends it with Enter. */
  async type(text: string): Promise<void> {
    const box = this.page.getByRole('textbox', { name: 'Say by typing' });
    await box.fill(text);
    await box.press('Enter');
  }

  /** The agent's received audio so far, at {@link heardRateHz}. */
  async heard(): Promise<Int16Array> {
    const samples = await this.page.evaluate<number[]>(
      'heardChunks.flatMap((chunk) => Array.from(chunk, (x) => Math.round(Math.max(-1, Math.min(1, x)) * 32767)))',
    );
    return Int16Array.from(samples);
  }

  /** {@link heard} begins anew. */
  async forgetHeard(): Promise<void> {
    await this.page.evaluate('heardChunks.length = 0');
  }

  /** Violations of the content security policy. */
  violations(): Promise<string[]> {
    return this.page.evaluate<string[]>('violations');
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}
