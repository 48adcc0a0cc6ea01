import { Box } from 'ink';
import type { ReactElement } from 'react';
import type { DashboardModel } from '../model/dashboard-model.js';
import { header } from '../view/header.js';
import { headerHeight } from '../view/layout.js';
import { Line } from './Line.js';

/** The relay's state and addresses. */
export function Header({ model }: { readonly model: DashboardModel }): ReactElement {
  const { what, recording, where } = header(model);
  return (
    <Box flexDirection="column" height={headerHeight} flexShrink={0}>
      <Box justifyContent="space-between" columnGap={1}>
        <Line row={what} />
        {recording.length > 0 && (
          <Box flexShrink={0}>
            <Line row={recording} />
          </Box>
        )}
      </Box>
      <Line row={where} />
    </Box>
  );
}
