import { Box } from 'ink';
import type { ReactElement } from 'react';
import { useKeyPress, type OnKeyPress } from '../hooks/use-key-press.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import type { Panel } from '../model/dashboard-ui.js';
import { promptRow } from '../view/key-bar.js';
import { columnGap, layoutOf, panelNumber, smallestSize, type Layout } from '../view/layout.js';
import { span, type Row } from '../view/span.js';
import { Footer } from './Footer.js';
import { Header } from './Header.js';
import { Help } from './Help.js';
import { LatencyPanel } from './LatencyPanel.js';
import { Line, TakesColour } from './Line.js';
import { LogPanel } from './LogPanel.js';
import type { PanelContentProps } from './panel-props.js';
import { SessionsPanel } from './SessionsPanel.js';
import { TranscriptPanel } from './TranscriptPanel.js';

export interface ScreenProps {
  readonly model: DashboardModel;
  readonly colour: boolean;
  readonly onKeyPress: OnKeyPress;
  /** Called with the largest possible scroll offset when the transcript is scrolled beyond it. */
  readonly onTranscriptMeasured: (mostBack: number) => void;
}

/** The whole dashboard: renders the model and has no state of its own. */
export function Screen({ model, colour, onKeyPress, onTranscriptMeasured }: ScreenProps): ReactElement {
  useKeyPress(onKeyPress);
  const layout = layoutOf(model);
  const { columns, rows } = model.ui;
  return (
    <TakesColour value={colour}>
      {layout ? (
        <Box flexDirection="column" width={columns} height={rows}>
          <Header model={model} />
          <Body model={model} layout={layout} onTranscriptMeasured={onTranscriptMeasured} />
          <Footer model={model} />
        </Box>
      ) : (
        <Box flexDirection="column" width={columns}>
          {tooSmall(model).map((row, index) => (
            <Line key={index} row={row} />
          ))}
        </Box>
      )}
    </TakesColour>
  );
}

interface BodyProps extends Pick<ScreenProps, 'model' | 'onTranscriptMeasured'> {
  readonly layout: Layout;
}

function Body({ model, layout, onTranscriptMeasured }: BodyProps): ReactElement {
  const { helpFrom, columns } = model.ui;
  if (helpFrom !== null) return <Help width={columns} height={layout.bodyHeight} from={helpFrom} />;
  return (
    <Box columnGap={columnGap} height={layout.bodyHeight}>
      {layout.columns.map(({ width, boxes }, index) => (
        <Box key={index} flexDirection="column" width={width} flexShrink={0}>
          {boxes.map(({ panel, height }) => {
            const props = { model, number: panelNumber(model, panel), width, height };
            if (panel === 'transcript')
              return <TranscriptPanel key={panel} {...props} onMeasured={onTranscriptMeasured} />;
            const Content = contents[panel];
            return <Content key={panel} {...props} />;
          })}
        </Box>
      ))}
    </Box>
  );
}

const contents: Readonly<Record<Exclude<Panel, 'transcript'>, (props: PanelContentProps) => ReactElement>> = {
  sessions: SessionsPanel,
  log: LogPanel,
  latency: LatencyPanel,
};

function tooSmall(model: DashboardModel): readonly Row[] {
  const { columns, rows } = model.ui;
  // Show an open question even here: the next key answers it.
  const question = promptRow(model);
  if (question) return [question];
  return [
    [span(`This terminal has ${columns}×${rows} characters;`)],
    [span(`the dashboard needs ${smallestSize.columns}×${smallestSize.rows}.`)],
    [span('Make it larger, or press q to quit.', { dim: true })],
  ];
}
