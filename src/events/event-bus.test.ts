import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EventBus } from './event-bus.js';
import { eventAliases, type SessionEvent } from './session-event.js';

function final(text: string): SessionEvent<'transcript.final'> {
  return { type: 'transcript.final', sessionId: 'a3f9b2c1', turn: 1, atMs: 5, timeMs: 0, text, typed: false };
}

const dtmf: SessionEvent<'dtmf'> = {
  type: 'dtmf',
  sessionId: 'a3f9b2c1',
  turn: 1,
  atMs: 6,
  timeMs: 0,
  digit: '5',
};

function setUp(): { bus: EventBus; failures: string[]; heard: string[] } {
  const failures: string[] = [];
  const bus = new EventBus((thrown, event) => failures.push(`${event.type}: ${String(thrown)}`));
  return { bus, failures, heard: [] };
}

describe('the event bus', () => {
  it('delivers an event to the listeners of its type, then to those of all, in the order they came', () => {
    const { bus, heard } = setUp();
    bus.on('*', (event) => heard.push(`all ${event.type}`));
    bus.on('transcript.final', ({ text }) => heard.push(`first ${text}`));
    bus.on('transcript.final', ({ text }) => heard.push(`second ${text}`));
    bus.emit(final('hello'));
    bus.emit(dtmf);
    expect(heard).toEqual(['first hello', 'second hello', 'all transcript.final', 'all dtmf']);
  });

  it('knows the short names for what they stand for, in both directions', () => {
    const { bus, heard } = setUp();
    const listener = ({ text }: { text: string }): number => heard.push(text);
    bus.on('transcript', listener);
    bus.on('transcript.final', listener);
    bus.emit(final('once'));
    bus.off(eventAliases.transcript, listener);
    bus.emit(final('never'));
    expect(heard).toEqual(['once']);
  });

  it('tells of a listener that throws, and delivers to the others all the same', () => {
    const { bus, failures, heard } = setUp();
    bus.on('transcript', () => {
      throw new Error('bad');
    });
    bus.on('transcript', ({ text }) => heard.push(text));
    bus.on('*', ({ type }) => heard.push(type));
    expect(() => bus.emit(final('hello'))).not.toThrow();
    expect(failures).toEqual(['transcript.final: Error: bad']);
    expect(heard).toEqual(['hello', 'transcript.final']);
  });

  it('tells of a listener that rejects, and waits for none', async () => {
    const { bus, failures, heard } = setUp();
    bus.on('transcript', async () => {
      await nextTick();
      throw new Error('late');
    });
    bus.on('transcript', ({ text }) => heard.push(text));
    bus.emit(final('hello'));
    expect(heard).toEqual(['hello']);
    expect(failures).toEqual([]);
    await nextTick();
    await nextTick();
    expect(failures).toEqual(['transcript.final: Error: late']);
  });

  it('lets listeners come and go while it delivers: who was there at the beginning hears the event', () => {
    const { bus, heard } = setUp();
    const first = (): void => {
      heard.push('first');
      bus.off('dtmf', first);
      bus.on('dtmf', () => heard.push('late'));
    };
    bus.on('dtmf', first);
    bus.on('dtmf', () => heard.push('second'));
    bus.emit(dtmf);
    expect(heard).toEqual(['first', 'second']);
    bus.emit(dtmf);
    expect(heard).toEqual(['first', 'second', 'second', 'late']);
  });

  it('is silent once it was cleared', () => {
    const { bus, heard } = setUp();
    bus.on('*', ({ type }) => heard.push(type));
    bus.clear();
    bus.emit(dtmf);
    expect(heard).toEqual([]);
  });
});
