import { Box } from 'ink';
import type { ReactElement } from 'react';
import { helpColumns, helpHeight } from '../view/help.js';
import { span } from '../view/span.js';
import { Line } from './Line.js';
import { Panel } from './Panel.js';

interface HelpProps {
  readonly width: number;
  /** Including the title. */
  readonly height: number;
  /** The first line that is shown. */
  readonly from: number;
}

const keyWidth = 9;

/** All keys in two columns; scrolls if they do not fit. */
export function Help({ width, height, from }: HelpProps): ReactElement {
  const below = Math.max(0, helpHeight - from - (height - 1));
  const closes = from > 0 || below > 0 ? '↑↓ scroll, any other key closes' : 'any key closes';
  return (
    <Panel
      number={null}
      name="KEYS"
      title={{
        about: below > 0 ? [span(`… +${below} lines`, { colour: 'yellow' })] : [],
        aside: [span(closes, { dim: true })],
      }}
      width={width}
      height={height}
      focused
    >
      <Box marginTop={-from} marginLeft={2} columnGap={3} flexShrink={0}>
        {helpColumns.map((groups, column) => (
          <Box key={column} flexDirection="column" rowGap={1} flexShrink={0}>
            {groups.map(({ title, keys }) => (
              <Box key={title} flexDirection="column" flexShrink={0}>
                <Line row={[span(title, { bold: true, colour: 'cyan' })]} />
                {keys.map(([key, does]) => (
                  <Line key={key} row={[span(key.padEnd(keyWidth), { bold: true }), span(does)]} />
                ))}
              </Box>
            ))}
          </Box>
        ))}
      </Box>
    </Panel>
  );
}
