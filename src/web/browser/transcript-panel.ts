/** The conversation: both sides' words, the part of the agent's words that was heard, and where it was cut. */
import type { SessionEvent } from '../../events/session-event.js';
import {
  announcement,
  transcriptAfter,
  type AgentEntry,
  type AnswerProgress,
  type CallerEntry,
  type Transcript,
  type TranscriptEntry,
} from '../../call-view/transcript.js';
import type { CallPanel } from './call-viewer.js';
import { byId, make } from './elements.js';
import { FollowingBox } from './following-box.js';

const progressTexts: Readonly<Record<AnswerProgress, string>> = {
  preparing: 'preparing',
  speaking: 'speaking',
  paused: 'paused',
  said: '',
  cut: 'cut here',
};

export class TranscriptPanel implements CallPanel {
  readonly #list = byId('transcript', HTMLOListElement);
  readonly #box = new FollowingBox(this.#list);
  readonly #welcome = byId('welcome', HTMLDivElement);
  readonly #announcer = byId('announcer', HTMLParagraphElement);
  readonly #shown = new Map<TranscriptEntry, HTMLLIElement>();
  #transcript: Transcript = [];

  show(events: readonly SessionEvent[]): void {
    this.#take(events.reduce(transcriptAfter, []));
  }

  /** Updates only the entries that an event changes, and tells a screen reader what is said in the visitor's call. */
  add(event: SessionEvent, isOwn: boolean): void {
    const said = isOwn ? announcement(event) : null;
    if (said !== null) this.#announcer.textContent = said;
    const next = transcriptAfter(this.#transcript, event);
    if (next !== this.#transcript) this.#take(next);
  }

  #take(next: Transcript): void {
    this.#transcript = next;
    this.#show();
    this.#welcome.hidden = next.length > 0;
    this.#box.changed();
  }

  #show(): void {
    const wanted = new Set(this.#transcript);
    for (const [entry, item] of this.#shown) {
      if (wanted.has(entry)) continue;
      item.remove();
      this.#shown.delete(entry);
    }
    this.#transcript.forEach((entry, at) => {
      const item = this.#shown.get(entry) ?? (entry.side === 'caller' ? callerItem(entry) : agentItem(entry));
      this.#shown.set(entry, item);
      if (this.#list.children[at] !== item) this.#list.insertBefore(item, this.#list.children[at] ?? null);
    });
  }
}

function callerItem({ text, final, typed }: CallerEntry): HTMLLIElement {
  const mark = final ? (typed ? 'typed' : '') : 'hearing';
  return make(
    'li',
    final ? 'entry caller' : 'entry caller partial',
    who('You', mark),
    make('p', 'words', text),
  );
}

function agentItem({ progress, heard, unheard, tools }: AgentEntry): HTMLLIElement {
  const words = make('p', 'words', heard === '' && unheard === '' ? '…' : heard);
  if (progress !== 'cut' && unheard !== '') words.append(make('span', 'coming', unheard));
  const item = make(
    'li',
    `entry agent ${progress}`,
    who('Agent', progress === 'cut' ? '' : progressTexts[progress]),
  );
  for (const tool of tools) item.append(make('p', 'tool', `→ ${tool}()`));
  if (progress === 'cut') {
    words.append(make('span', 'cut-mark', ` ✂ ${progressTexts.cut} `));
    if (unheard !== '') words.append(make('del', '', unheard));
  }
  item.append(words);
  return item;
}

function who(name: string, mark: string): HTMLElement {
  const line = make('p', 'who', name);
  if (mark !== '') line.append(make('span', 'mark', mark));
  return line;
}
