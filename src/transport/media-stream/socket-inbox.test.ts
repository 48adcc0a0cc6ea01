import { describe, expect, it } from '@jest/globals';
import { TwilioFarEnd } from '../../../test/harness/twilio-far-end.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { SocketInbox, type SocketHandler } from './socket-inbox.js';

function recorder(log: (string | null)[]): SocketHandler {
  return {
    onMessage: (text) => log.push(text),
    onError: (error) => log.push(error.message),
    onClose: () => log.push('closed'),
  };
}

describe('the inbox of a socket', () => {
  it('holds messages in order until there is a handler', () => {
    const socket = new TwilioFarEnd(new VirtualClock());
    const inbox = new SocketInbox(socket);
    socket.sendRaw('one');
    socket.sendRaw(Uint8Array.from([1]));
    socket.emit('error', new Error('broken'));
    socket.close();
    const log: (string | null)[] = [];
    inbox.handOver(recorder(log));
    expect(log).toEqual(['one', null, 'broken', 'closed']);
    expect(inbox.counts).toEqual({ sent: 0, received: 2 });
  });

  it('can be handed over in the middle of the held messages', () => {
    const socket = new TwilioFarEnd(new VirtualClock());
    const inbox = new SocketInbox(socket);
    for (const text of ['one', 'two', 'three']) socket.sendRaw(text);
    const first: (string | null)[] = [];
    const second: (string | null)[] = [];
    inbox.handOver({
      ...recorder(first),
      onMessage(text) {
        first.push(text);
        inbox.hold();
      },
    });
    inbox.handOver(recorder(second));
    expect([first, second]).toEqual([['one'], ['two', 'three']]);
  });

  it('reports a socket that was closed from the start', async () => {
    const clock = new VirtualClock();
    const socket = new TwilioFarEnd(clock);
    socket.close();
    const inbox = new SocketInbox(socket);
    const log: (string | null)[] = [];
    inbox.handOver(recorder(log));
    await inbox.close(clock, 1000);
    expect(log).toEqual(['closed']);
  });

  it('terminates a peer that fills it while there is no handler', () => {
    const socket = new TwilioFarEnd(new VirtualClock());
    const inbox = new SocketInbox(socket);
    for (let i = 0; i < 2001; i++) socket.sendRaw('more');
    expect(socket.closeCode).toBe(1006);
    const log: (string | null)[] = [];
    inbox.handOver(recorder(log));
    expect(log).toHaveLength(2001);
    expect(log.at(-1)).toBe('closed');
  });

  it('terminates a peer that does not answer the close within a second', async () => {
    const clock = new VirtualClock();
    const socket = new TwilioFarEnd(clock);
    const closeCodes: (number | undefined)[] = [];
    let terminated = 0;
    socket.close = (code) => closeCodes.push(code);
    socket.terminate = () => {
      terminated += 1;
      socket.emit('close', 1006);
    };
    const inbox = new SocketInbox(socket);
    const closed = inbox.close(clock, 1008, 'reason');
    expect(inbox.close(clock, 1000)).toBe(closed);
    inbox.send('too late');
    clock.advance(1000);
    await closed;
    expect([closeCodes, terminated]).toEqual([[1008], 1]);
    expect(inbox.counts.sent).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
