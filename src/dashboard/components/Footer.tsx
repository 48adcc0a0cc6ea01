import { Box } from 'ink';
import type { ReactElement } from 'react';
import type { DashboardModel } from '../model/dashboard-model.js';
import { keyBar, noticeLine } from '../view/key-bar.js';
import { footerHeight } from '../view/layout.js';
import { Line } from './Line.js';

/** The open question or the status, and below it the keys. */
export function Footer({ model }: { readonly model: DashboardModel }): ReactElement {
  const { notice, aside } = noticeLine(model);
  const { keys, always } = keyBar(model.ui.columns);
  return (
    <Box flexDirection="column" height={footerHeight} flexShrink={0}>
      <Box justifyContent="space-between" columnGap={2}>
        <Line row={notice} />
        <Box flexShrink={0}>
          <Line row={aside} />
        </Box>
      </Box>
      <Box justifyContent="space-between" columnGap={2}>
        <Line row={keys} />
        <Box flexShrink={0}>
          <Line row={always} />
        </Box>
      </Box>
    </Box>
  );
}
