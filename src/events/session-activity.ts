/**
 * What a session does or waits for; more detailed than its state.
 * - `waiting`: for its call;
 * - `listening`: neither side speaks;
 * - `hearing`: the caller speaks;
 * - `waiting_for_final`: the caller has stopped, and the recogniser has not sent the final result;
 * - `waiting_for_more`: the words sound unfinished, so the caller may go on;
 * - `waiting_for_speak`: the application must answer the turn with `speak()`;
 * - `waiting_for_model`: the model was asked and has sent no text;
 * - `running_tools`: the model has called tools;
 * - `generating`: the model sends text, but not enough for the voice to begin;
 * - `waiting_for_voice`: the voice has text and has sent no audio;
 * - `held`: audio is ready, but the gate is closed: it is not due yet, or the caller makes a sound;
 * - `speaking`: the agent is audible;
 * - `paused`: playout is paused because of the caller;
 * - `reconnecting`: the connection was lost, and the caller may come back;
 * - `ended`.
 */
export type SessionActivity =
  | 'waiting'
  | 'listening'
  | 'hearing'
  | 'waiting_for_final'
  | 'waiting_for_more'
  | 'waiting_for_speak'
  | 'waiting_for_model'
  | 'running_tools'
  | 'generating'
  | 'waiting_for_voice'
  | 'held'
  | 'speaking'
  | 'paused'
  | 'reconnecting'
  | 'ended';
