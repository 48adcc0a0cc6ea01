import { Box } from 'ink';
import type { ReactElement, ReactNode } from 'react';
import { panelNames } from '../view/panel-title.js';
import { markerWidth, sessionList, type ListColumn } from '../view/session-list.js';
import { span, type Row } from '../view/span.js';
import { Line } from './Line.js';
import { Panel } from './Panel.js';
import type { PanelContentProps } from './panel-props.js';

/** The list of sessions. */
export function SessionsPanel({ model, number, width, height }: PanelContentProps): ReactElement {
  const { title, columns, gap, rows, nothing } = sessionList(model, width, height - 1);
  return (
    <Panel
      {...{ number, title, width, height }}
      name={panelNames.sessions}
      focused={model.ui.focus === 'sessions'}
    >
      {nothing.length > 0 ? (
        <Box flexDirection="column" marginTop={1} marginLeft={markerWidth}>
          {nothing.map((line) => (
            <Line key={line} row={[span(line)]} />
          ))}
        </Box>
      ) : (
        <>
          <ListRow gap={gap} marker={[]}>
            {columns.map((column, index) => (
              <Cell key={index} column={column} row={[span(column.title, { dim: true })]} />
            ))}
          </ListRow>
          {rows.map(({ id, selected, cells }) => (
            <ListRow key={id} gap={gap} marker={selected ? [span('▸', { bold: true, colour: 'cyan' })] : []}>
              {columns.map((column, index) => (
                <Cell key={index} column={column} row={cells[index] ?? []} />
              ))}
            </ListRow>
          ))}
        </>
      )}
    </Panel>
  );
}

interface ListRowProps {
  readonly gap: number;
  readonly marker: Row;
  readonly children: ReactNode;
}

function ListRow({ gap, marker, children }: ListRowProps): ReactElement {
  return (
    <Box height={1} flexShrink={0}>
      <Box width={markerWidth} flexShrink={0}>
        <Line row={marker} />
      </Box>
      <Box columnGap={gap}>{children}</Box>
    </Box>
  );
}

function Cell({ column, row }: { readonly column: ListColumn; readonly row: Row }): ReactElement {
  return (
    <Box
      width={column.width}
      height={1}
      flexShrink={0}
      justifyContent={column.align === 'right' ? 'flex-end' : 'flex-start'}
    >
      <Line row={row} />
    </Box>
  );
}
