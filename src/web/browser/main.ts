/** The test page: puts its parts together. */
import type { SessionEvent } from '../../events/session-event.js';
import { activityAfter, type Activity } from '../../call-view/activity.js';
import { connect, inCall, type BrowserCall, type CallState, type Microphone } from '../client/index.js';
import { idle } from '../model/call-state.js';
import { CallViewer } from './call-viewer.js';
import { CallsDialog } from './calls-dialog.js';
import { byId } from './elements.js';
import { LatencyPanel } from './latency-panel.js';
import { LogPanel } from './log-panel.js';
import { MicrophonePanel } from './microphone-panel.js';
import { ProblemsPanel } from './problems-panel.js';
import { StatusPanel } from './status-panel.js';
import { TranscriptPanel } from './transcript-panel.js';
import { Typing } from './typing.js';
import { Visualiser } from './visualiser.js';
import { WelcomePanel } from './welcome-panel.js';

let activity: Activity = 'listening';
let microphone: Microphone | null = null;
let call: BrowserCall | null = null;

const viewer = new CallViewer([new TranscriptPanel(), new LatencyPanel(), new LogPanel()]);
const visualiser = new Visualiser();
const microphonePanel = new MicrophonePanel({
  onChosen: (deviceId) => void call?.setMicrophone(deviceId),
  onMuted: (muted) => call?.mute(muted),
});
const problems = new ProblemsPanel((action) => {
  if (action === 'connect') start();
  else {
    problems.remove('playback_blocked');
    void call?.play();
  }
});
const status = new StatusPanel(() => {
  if (call && inCall(call.state)) call.close();
  else start();
});
new Typing(say);
new WelcomePanel(say);
new CallsDialog((past) => void viewer.show(past));

/** Who types without a call wants one. */
function say(text: string): void {
  viewer.leave();
  (call && inCall(call.state) ? call : start()).say(text);
}

/** Begins a call; ends the one before. */
function start(): BrowserCall {
  call?.close();
  viewer.leave();
  const { chosen, muted } = microphonePanel;
  const next = connect({
    audio: byId('voice', HTMLAudioElement),
    microphone: chosen === '' ? true : chosen,
    muted,
  });
  call = next;
  // An earlier call may still tell its end.
  next.on('state', (state) => call === next && showState(state));
  next.on('event', (event) => showEvent(next, event));
  next.on('problem', (failure) => call === next && problems.add(failure));
  next.on('microphone', (current) => call === next && showMicrophone(current));
  next.on('levels', (levels) => {
    if (call !== next) return;
    microphonePanel.showLevel(levels.visitor);
    visualiser.add(levels);
  });
  return next;
}

function showState(state: CallState): void {
  // Problems of a call do not concern the next one.
  if (!['connecting', 'live', 'resuming'].includes(state.phase)) problems.clear();
  status.show(state, activity);
  if (!inCall(state)) visualiser.clear();
}

function showEvent(from: BrowserCall, event: SessionEvent): void {
  activity = activityAfter(activity, event);
  viewer.add(event);
  if (call === from) status.show(call.state, activity);
}

function showMicrophone(current: Microphone | null): void {
  microphone = current;
  if (current) void microphonePanel.refresh(current);
}

// The printed link contains the relay's token, which is now in a cookie: remove it from the address bar.
if (new URLSearchParams(location.search).has('token')) history.replaceState(null, '', location.pathname);

(navigator.mediaDevices as MediaDevices | undefined)?.addEventListener('devicechange', () => {
  void microphonePanel.refresh(microphone);
});
void microphonePanel.refresh(null);
status.show(idle, activity);
