import { Box } from 'ink';
import type { ReactElement } from 'react';
import { useKeyPress, type OnKeyPress } from '../hooks/use-key-press.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import { footerRow } from '../view/footer-row.js';
import { headerRows } from '../view/header-rows.js';
import { helpRows } from '../view/help-rows.js';
import { columnGap, layoutOf, smallestSize, type Layout } from '../view/layout.js';
import { panelRows } from '../view/panel-rows.js';
import { span, type Row } from '../view/styled-text.js';
import { PanelFrame } from './PanelFrame.js';
import { Rows } from './Rows.js';

export interface ScreenProps {
  readonly model: DashboardModel;
  readonly colour: boolean;
  readonly onKeyPress: OnKeyPress;
}

/** The whole dashboard: a picture of the model, without a state of its own. */
export function Screen({ model, colour, onKeyPress }: ScreenProps): ReactElement {
  useKeyPress(onKeyPress);
  const layout = layoutOf(model);
  if (!layout) return <Rows rows={tooSmall(model)} colour={colour} />;
  const { columns } = model.ui;
  return (
    <Box flexDirection="column" width={columns}>
      <Rows rows={headerRows(model, columns)} colour={colour} />
      <Body model={model} layout={layout} colour={colour} />
      <Rows rows={[footerRow(model, columns)]} colour={colour} />
    </Box>
  );
}

function Body({
  model,
  layout,
  colour,
}: Omit<ScreenProps, 'onKeyPress'> & { readonly layout: Layout }): ReactElement {
  if (model.ui.help) {
    const view = {
      name: 'KEYS',
      about: [],
      aside: [span('any key closes', { dim: true })],
      rows: helpRows(),
    };
    return <Rows rows={panelRows(view, model.ui.columns, layout.bodyHeight, true)} colour={colour} />;
  }
  return (
    <Box columnGap={columnGap} height={layout.bodyHeight}>
      {layout.columns.map(({ width, boxes }, index) => (
        <Box key={index} flexDirection="column" width={width} flexShrink={0}>
          {boxes.map(({ panel, height }) => (
            <PanelFrame
              key={panel}
              model={model}
              panel={panel}
              width={width}
              height={height}
              colour={colour}
            />
          ))}
        </Box>
      ))}
    </Box>
  );
}

function tooSmall(model: DashboardModel): readonly Row[] {
  const { columns, rows, prompt } = model.ui;
  // A question must be seen even here: the next key answers it.
  if (prompt) return [footerRow(model, columns)];
  return [
    [span(`This terminal has ${columns}×${rows} characters;`)],
    [span(`the dashboard needs ${smallestSize.columns}×${smallestSize.rows}.`)],
    [span('Make it larger, or press q to quit.', { dim: true })],
  ];
}
