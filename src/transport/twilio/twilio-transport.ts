import type { MediaStart } from '../media-stream/media-handshake.js';
import { MediaStreamTransport, type MediaStreamOptions } from '../media-stream/media-stream-transport.js';
import { twilioWire } from './twilio-messages.js';

/** One phone call on Twilio Media Streams. */
export class TwilioTransport extends MediaStreamTransport {
  /** Takes over the socket of an accepted stream; messages are held until `start()`. */
  constructor(start: MediaStart, options: MediaStreamOptions) {
    super(twilioWire, start, options);
  }
}
