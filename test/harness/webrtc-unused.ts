import { webRtcUse } from '#src/transport/webrtc/native-webrtc.js';
import { eventually } from './peer-recorder.js';

/** Resolves once nothing in this process uses the WebRTC library: also not the end of an earlier file of tests. */
export function webRtcUnused(): Promise<void> {
  return eventually(() => webRtcUse().leases === 0 && webRtcUse().nativeObjects === 0);
}
