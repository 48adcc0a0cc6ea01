import { Box } from 'ink';
import type { ReactElement } from 'react';
import { logView } from '../view/log.js';
import { panelNames } from '../view/panel-title.js';
import { span } from '../view/span.js';
import { Line } from './Line.js';
import { Panel } from './Panel.js';
import type { PanelContentProps } from './panel-props.js';

/** The SYS_LOG: its last lines, and a cursor where the next one will appear. */
export function LogPanel({ model, number, width, height }: PanelContentProps): ReactElement {
  const { title, lines, follows } = logView(model, width, height - 1);
  return (
    <Panel {...{ number, title, width, height }} name={panelNames.log} focused={model.ui.focus === 'log'}>
      {lines.map(({ number: key, line, session }) =>
        session === null ? (
          <Line key={key} row={line} />
        ) : (
          <Box key={key} justifyContent="space-between" columnGap={1}>
            <Line row={line} />
            <Box flexShrink={0}>
              <Line row={[span(session, { dim: true })]} />
            </Box>
          </Box>
        ),
      )}
      {follows && <Line row={[span('_', { bold: true })]} />}
    </Panel>
  );
}
