import { Box } from 'ink';
import { useContext, type ReactElement, type ReactNode } from 'react';
import type { PanelTitle } from '../view/panel-title.js';
import { span } from '../view/span.js';
import { Line, TakesColour } from './Line.js';

interface PanelProps {
  /** The digit that focuses it; null if there is none. */
  readonly number: number | null;
  /** Upper case; shown in brackets. */
  readonly name: string;
  readonly title: PanelTitle;
  readonly width: number;
  /** Including the title. */
  readonly height: number;
  /** Whether the panel has the focus; its title is then bright. */
  readonly focused: boolean;
  readonly children: ReactNode;
}

/** A panel of exactly its size: a title in a rule, and below it as much content as fits. */
export function Panel({ number, name, title, width, height, focused, children }: PanelProps): ReactElement {
  const style = { bold: true, ...(focused && { colour: 'cyan' as const }) };
  const digit = number === null ? [] : [span(`${number} `, style)];
  const about = title.about.length > 0 ? [...title.about, span(' ')] : [];
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      <Box height={1} flexShrink={0}>
        <Line row={[...digit, span(`[ ${name} ] `, style), ...about]} />
        <Rule focused={focused} />
        {title.aside.length > 0 && (
          <>
            <Box flexShrink={0} marginX={1}>
              <Line row={title.aside} />
            </Box>
            <Rule focused={focused} width={1} />
          </>
        )}
      </Box>
      <Box flexDirection="column" height={height - 1} overflowY="hidden">
        {children}
      </Box>
    </Box>
  );
}

/** A rule of this width, or of all the available width. */
function Rule({ focused, width }: { readonly focused: boolean; readonly width?: number }): ReactElement {
  const takesColour = useContext(TakesColour);
  return (
    <Box
      {...(width === undefined ? { flexGrow: 1, minWidth: 1 } : { width, flexShrink: 0 })}
      height={1}
      borderStyle="single"
      borderTop
      borderBottom={false}
      borderLeft={false}
      borderRight={false}
      {...(focused ? takesColour && { borderColor: 'cyan' } : { borderDimColor: true })}
    />
  );
}
