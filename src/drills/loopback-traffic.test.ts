import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { LoopbackTraffic } from './loopback-traffic.js';

let traffic: LoopbackTraffic;
let server: Server;
let accepted: Socket;
let client: Socket;

beforeEach(async () => {
  traffic = new LoopbackTraffic();
  server = createServer((socket) => {
    accepted = socket;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
});

afterEach(() => {
  traffic.close();
  client.destroy();
  accepted.destroy();
  server.close();
});

describe('LoopbackTraffic', () => {
  it('is idle when what was sent has arrived, and what was sent in answer too', async () => {
    let received = '';
    client.write('question');
    client.on('data', (data) => (received += data.toString()));
    await traffic.idle();
    accepted.on('data', () => accepted.write('answer'));
    await traffic.idle();
    expect(received).toBe('answer');
  });

  it('does not wait for ever for an end that reads nothing', async () => {
    await traffic.idle();
    accepted.pause();
    client.write('hello?');
    await traffic.idle();
    expect(client.bytesWritten).toBe(6);
  });

  it('waits until both ends know that the connection is over', async () => {
    await traffic.idle();
    client.on('error', () => undefined);
    accepted.destroy();
    await traffic.idle();
    expect(client.closed).toBe(true);
  });
});
