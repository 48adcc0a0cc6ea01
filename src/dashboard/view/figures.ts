/** Figures, bars and curves as text. */
import { slowTurnMs } from '../../events/sys-log.js';
import type { LiveLevels } from '../model/session-view.js';
import { span, type Colour, type Row, type Span } from './span.js';

const eighths = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** An answer below this latency feels natural. */
const naturalMs = 800;
/** The range of speech levels that a meter shows. */
const quietestDbfs = -60;
const loudestDbfs = -10;

/** The colour of an answer time: green feels natural, yellow is noticeable, red is slow. */
export function latencyColour(ms: number): Colour {
  if (ms >= slowTurnMs) return 'red';
  return ms < naturalMs ? 'green' : 'yellow';
}

/** The latest figures as a curve of at most `width` cells. Full height is the same for every session: 1.25 times slow. */
export function sparkline(figuresMs: readonly number[], width: number): Row {
  const fullMs = slowTurnMs * 1.25;
  return figuresMs.slice(-width).map((ms) => {
    const step = Math.max(0, Math.min(eighths.length - 1, Math.floor((ms / fullMs) * eighths.length)));
    return span(eighths[step] ?? ' ', { colour: latencyColour(ms) });
  });
}

/** A level as a bar of `width` cells. */
export function levelBar(dbfs: number, width: number, colour: Colour): Row {
  const share = Math.max(0, Math.min(1, (dbfs - quietestDbfs) / (loudestDbfs - quietestDbfs)));
  const lit = Math.round(share * width);
  return [span('▮'.repeat(lit), { colour }), span('▯'.repeat(width - lit), { dim: true })];
}

/** A level as one cell. */
export function levelCell(dbfs: number, colour: Colour): Span {
  const share = Math.max(0, Math.min(1, (dbfs - quietestDbfs) / (loudestDbfs - quietestDbfs)));
  const step = Math.ceil(share * eighths.length);
  return step === 0 ? span('·', { dim: true }) : span(eighths[step - 1] ?? ' ', { colour });
}

/** Both levels of a session without readings, derived from the events that say who is talking. */
export function supposedLevels(callerTalks: boolean, agentTalks: boolean): LiveLevels {
  return { callerDbfs: callerTalks ? -25 : -100, agentDbfs: agentTalks ? -25 : -100 };
}

/** A duration as a clock shows it, for example `1:05`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The time of day where this machine is, for example `14:05:09`. */
export function timeOfDay(wallMs: number): string {
  const at = new Date(wallMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** A time within a call to a tenth of a second, for example `1:05.2`. */
export function callTime(atMs: number): string {
  return `${clockText(atMs)}.${Math.floor((Math.max(0, atMs) % 1000) / 100)}`;
}

/** How long something has been up, to the minute. */
export function uptimeText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
