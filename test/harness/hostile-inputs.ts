/**
 * Hostile input to a relay, the same for the same seed: from noise to messages with a single fault. It serves runs that watch
 * the event loop, so it prefers long, numerous or repeated input.
 */

const pieces = [
  '',
  ' ',
  '\t',
  '\r\n',
  ';',
  '; ',
  '.',
  '…',
  '<',
  '>',
  '&',
  '&amp;',
  '"',
  "'",
  '`',
  '\\',
  '/',
  '%',
  '%E0%A4%A',
  '%00',
  '+',
  '*',
  '**',
  '_',
  '#',
  '|',
  '[',
  '](',
  '(',
  ')',
  '$',
  '@',
  'a@b',
  'http://',
  'a=',
  '=',
  '0',
  '9',
  '-',
  '–',
  ':',
  ',',
  'e1',
  '\u0000',
  '\u001b[2J',
  '\u009b',
  '\u200b',
  '\u00ad',
  '\u202e',
  '\u2028',
  '\ud800',
  '🎉',
  '👩‍👩‍👧',
  'é',
  'e\u0301',
  '漢',
  'ก',
  'ا',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  'Dr. ',
  'p.m. ',
  'word ',
  'Hello there. ',
] as const;

const mediaEvents = [
  'connected',
  'start',
  'media',
  'dtmf',
  'mark',
  'clear',
  'MEDIA',
  '__proto__',
  '',
] as const;
const pageTypes = [
  'sync',
  'speech_start',
  'speech_end',
  'audible',
  'stats',
  'text',
  'bye',
  'event',
  '',
] as const;
const formNames = [
  'CallSid',
  'From',
  'To',
  'CallStatus',
  'AccountSid',
  'a',
  '',
  '__proto__',
  'a[b]',
  'SipHeader_X',
] as const;
const repeats = [1, 1, 1, 2, 3, 10, 100, 1000, 10_000] as const;

export class HostileInputs {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1), drawn like the rough network's. */
  random(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.random() * end);
  }

  oneOf<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Text of repeated pieces. */
  text(maxLength = 60_000): string {
    let text = '';
    for (let part = this.below(5); part >= 0; part--) text += this.oneOf(pieces).repeat(this.oneOf(repeats));
    return text.slice(0, maxLength);
  }

  /** Any JSON value. */
  value(depth = 0): unknown {
    switch (this.below(depth > 20 ? 6 : 9)) {
      case 0:
        return null;
      case 1:
        return this.oneOf([0, -1, 1e308, -0, 160, 2 ** 53]);
      case 2:
        return this.random() < 0.5;
      case 3:
      case 4:
      case 5:
        return this.text(2000);
      case 6:
        return Array.from({ length: this.below(30) }, () => this.below(10));
      default:
        return { [this.oneOf(pieces)]: this.value(depth + 1), more: this.value(depth + 4) };
    }
  }

  /** The fields of a form that may be signed. */
  fields(): Record<string, string> {
    const fields: Record<string, string> = { CallSid: `CA${this.below(1e9)}` };
    for (let field = this.below(20); field > 0; field--) fields[this.oneOf(formNames)] = this.text(3000);
    return fields;
  }

  /** The body of a webhook, of any form. */
  form(): string {
    switch (this.below(5)) {
      case 0:
        return this.text();
      case 1:
        return Array.from({ length: this.oneOf([3, 255, 257, 52_000]) }, (_, i) => i.toString(36)).join('&');
      case 2:
        return `${this.oneOf(formNames)}=${encodeURIComponent(this.text(500).replace(/\p{Surrogate}/gu, '�'))}&`.repeat(
          this.oneOf([1, 2, 100]),
        );
      case 3:
        return JSON.stringify(this.value());
      default:
        return '&='.repeat(this.oneOf(repeats));
    }
  }

  /** A message of a media stream, text or bytes. */
  mediaMessage(streamSid: string): string | Uint8Array {
    if (this.below(12) === 0) return Uint8Array.from({ length: this.below(400) }, () => this.below(256));
    const payload =
      this.below(2) === 0
        ? Buffer.alloc(this.oneOf([0, 1, 160, 159, 8000]), 0xd5).toString('base64')
        : this.text(2000);
    const message = {
      event: this.oneOf(mediaEvents),
      sequenceNumber: this.oneOf(['1', '2', String(this.below(3000)), '-1', '9'.repeat(400), this.text(50)]),
      streamSid: this.below(9) === 0 ? this.value() : streamSid,
      media:
        this.below(4) === 0
          ? this.value()
          : { track: 'inbound', chunk: '1', timestamp: this.text(20), payload },
      mark: { name: this.oneOf(['mark-1@0', 'clear-1@0', this.text(300)]) },
      dtmf: { digit: this.oneOf(['1', '#', this.text(300)]) },
      start: this.value(),
    };
    return this.#torn(JSON.stringify(message));
  }

  /** A message of the page. */
  pageMessage(): string {
    const number = this.oneOf([0, -1, 1e308, 1e12, this.random() * 1e5]);
    const message = {
      type: this.oneOf(pageTypes),
      id: number,
      pageMs: number,
      receivedPageMs: number,
      sentPageMs: this.value(),
      jitterBufferMs: number,
      roundTripMs: null,
      outputLatencyMs: number,
      text: this.text(this.oneOf([10, 2000, 60_000])),
    };
    return this.#torn(JSON.stringify(message));
  }

  /** An offer with lines left out, repeated, swapped, or replaced by noise. */
  offer(proper: string): string {
    const lines = proper.split('\r\n');
    for (let change = this.below(6); change >= 0; change--) {
      const at = this.below(lines.length);
      const line = lines[at] ?? '';
      switch (this.below(7)) {
        case 0:
          lines.splice(at, 1);
          break;
        case 1:
          lines.splice(at, 0, ...Array<string>(this.oneOf([1, 40, 400])).fill(line));
          break;
        case 2:
          lines[at] = `${line}${this.text(2000).replace(/[\r\n]/g, '')}`;
          break;
        case 3:
          lines[at] = line.replace(/\d+/g, () => String(this.oneOf([0, -1, 65_536, 2 ** 32, 1e21])));
          break;
        case 4:
          lines.splice(
            at,
            0,
            `a=candidate:${this.text(40)} 1 UDP ${this.below(1e9)} 192.0.2.${this.below(255)} 9 typ host`,
          );
          break;
        case 5:
          lines[at] = lines[this.below(lines.length)] ?? '';
          break;
        default:
          lines.splice(at, 0, `a=${this.text(3000)}`);
      }
    }
    return lines.join(this.oneOf(['\r\n', '\r\n', '\r\n', '\n']));
  }

  /** The tokens of a model with odd output. */
  tokens(): string[] {
    return Array.from({ length: 1 + this.below(40) }, () => this.text(this.oneOf([80, 80, 4000])));
  }

  #torn(text: string): string {
    return this.below(10) === 0 ? text.slice(0, this.below(text.length)) : text;
  }
}
