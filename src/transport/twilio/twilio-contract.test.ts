import { expect } from '@jest/globals';
import { decodeMulaw, mulawSilence } from '../../audio/g711.js';
import { placeCall } from '../../simulators/phone/simulated-phone.js';
import { openPhoneLine } from '../../../test/harness/phone-line.js';
import { passTime } from '../../../test/harness/quiet-wire.js';
import { transportContract, type TransportPair } from '../../../test/contracts/transport-contract.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { TwilioTransport } from './twilio-transport.js';

/** Mu-law has two zeros. The content has neither, so it differs from silence. */
function content(from: number, to: number): Int16Array {
  return decodeMulaw(
    Uint8Array.from({ length: to - from }, (_, i) => {
      const code = (((from + i) * 2654435761) >>> 13) & 0xff;
      return (code & 0x7f) === (mulawSilence & 0x7f) ? 0x11 : code;
    }),
  );
}

/** A simulated phone and a transport at the two ends of a real socket. */
async function connect(): Promise<TransportPair> {
  const clock = new VirtualClock();
  let take: (transport: TwilioTransport) => void;
  const taken = new Promise<TwilioTransport>((resolve) => (take = resolve));
  const line = await openPhoneLine({
    clock,
    onStream: (start) => take(new TwilioTransport(start, { clock })),
  });
  const phone = await placeCall({ voiceUrl: line.voiceUrl, clock });
  const transport = await taken;
  let isOver = false;
  void phone.ended.then(() => (isOver = true));
  return {
    transport,
    content,
    expectHeard(ranges) {
      const heard = phone.recording().agent.filter((sample) => sample !== 0);
      const expected = ranges.flatMap(([from, to]) => Array.from(content(from, to)));
      expect(heard).toEqual(Int16Array.from(expected));
    },
    say(ms) {
      void phone.say(new Int16Array(ms * 8).fill(1000));
    },
    setUplink: (isOpen) => phone.setUplink(isOpen ? 'open' : 'dead'),
    async pass(ms) {
      if (isOver) clock.advance(ms);
      else await passTime(clock, ms, phone, transport, 10);
    },
    async hangUp() {
      await phone.hangUp();
    },
    async dispose() {
      await transport.close();
      await phone.ended;
      await line.close();
      expect(phone.faults).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    },
  };
}

transportContract('TwilioTransport', connect);
