import { Box } from 'ink';
import type { ReactElement } from 'react';
import type { DashboardModel } from '../model/dashboard-model.js';
import type { Panel } from '../model/dashboard-ui.js';
import { latencyView } from '../view/latency-rows.js';
import { logView } from '../view/log-rows.js';
import { panelRows, type PanelView } from '../view/panel-rows.js';
import { sessionsView } from '../view/session-rows.js';
import { transcriptView } from '../view/transcript-rows.js';
import { Rows } from './Rows.js';

interface PanelFrameProps {
  readonly model: DashboardModel;
  readonly panel: Panel;
  readonly width: number;
  /** With the title. */
  readonly height: number;
  readonly colour: boolean;
}

const views: Readonly<Record<Panel, (model: DashboardModel, width: number, height: number) => PanelView>> = {
  sessions: sessionsView,
  log: logView,
  latency: latencyView,
  transcript: transcriptView,
};

/** A panel with its title. */
export function PanelFrame({ model, panel, width, height, colour }: PanelFrameProps): ReactElement {
  const view = views[panel](model, width, height - 1);
  return (
    <Box width={width} height={height}>
      <Rows rows={panelRows(view, width, height, model.ui.focus === panel)} colour={colour} />
    </Box>
  );
}
