import type { ReactElement } from 'react';
import { latencyView } from '../view/latency.js';
import { panelNames } from '../view/panel-title.js';
import { Line } from './Line.js';
import { Panel } from './Panel.js';
import type { PanelContentProps } from './panel-props.js';

/** The waterfall of the selected turn. */
export function LatencyPanel({ model, number, width, height }: PanelContentProps): ReactElement {
  const { title, rows } = latencyView(model, width, height - 1);
  return (
    <Panel
      {...{ number, title, width, height }}
      name={panelNames.latency}
      focused={model.ui.focus === 'latency'}
    >
      {rows.map((row, index) => (
        <Line key={index} row={row} />
      ))}
    </Panel>
  );
}
