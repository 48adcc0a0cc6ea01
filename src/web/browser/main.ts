/** The test page: puts its parts together. */
import type { SessionEvent } from '../../events/session-event.js';
import { activityAfter, type Activity } from '../../call-view/activity.js';
import { inCall, type CallState } from '../model/call-state.js';
import { Call } from './call.js';
import { byId } from './elements.js';
import { LatencyPanel } from './latency-panel.js';
import { LogPanel } from './log-panel.js';
import type { Microphone } from './microphone.js';
import { MicrophonePanel } from './microphone-panel.js';
import { ProblemsPanel } from './problems-panel.js';
import { StatusPanel } from './status-panel.js';
import { TranscriptPanel } from './transcript-panel.js';
import { Typing } from './typing.js';

let activity: Activity = 'listening';
let microphone: Microphone | null = null;

const log = new LogPanel();
const transcript = new TranscriptPanel();
const latency = new LatencyPanel();
const call = new Call(byId('voice', HTMLAudioElement), {
  onState: showState,
  onEvent: showEvent,
  onHindrance: (failure) => problems.add(failure),
  onMicrophone: (current) => {
    microphone = current;
    if (current) void microphonePanel.refresh(current);
    else microphonePanel.showLevel(0);
  },
  onLevel: (rms) => microphonePanel.showLevel(rms),
});
const microphonePanel = new MicrophonePanel({
  onChosen: (deviceId) => void call.useMicrophone(deviceId),
  onMuted: (muted) => {
    call.muted = muted;
  },
});
const problems = new ProblemsPanel((action) => {
  if (action === 'connect') {
    call.disconnect();
    call.connect();
  } else {
    problems.remove('playback_blocked');
    void call.play();
  }
});
const status = new StatusPanel(() => {
  if (inCall(call.state)) call.disconnect();
  else call.connect();
});
const typing = new Typing((text) => call.type(text));

function showState(state: CallState): void {
  // Problems of a call do not concern the next one.
  if (!['connecting', 'live', 'resuming'].includes(state.phase)) problems.clear();
  if (state.phase === 'failed') problems.add(state.failure);
  typing.enabled = state.phase === 'live';
  status.show(state, activity);
}

function showEvent(event: SessionEvent): void {
  activity = activityAfter(activity, event);
  if (event.type === 'warning' && event.code === 'typed_flood') problems.add({ kind: 'typing_too_fast' });
  log.add(event);
  transcript.add(event);
  latency.add(event);
  status.show(call.state, activity);
}

// The printed link contains the relay's token, which is now in a cookie: remove it from the address bar.
if (new URLSearchParams(location.search).has('token')) history.replaceState(null, '', location.pathname);

// Not `unload`, which phones skip: `pagehide` is the last event that every browser sends.
addEventListener('pagehide', () => call.leave());
addEventListener('online', () => call.networkBack());
(navigator.mediaDevices as MediaDevices | undefined)?.addEventListener('devicechange', () => {
  void microphonePanel.refresh(microphone);
});
void microphonePanel.refresh(null);
