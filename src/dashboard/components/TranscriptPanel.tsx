import { Box, measureElement, type DOMElement } from 'ink';
import { useLayoutEffect, useRef, type ReactElement } from 'react';
import { panelNames } from '../view/panel-title.js';
import { span, type Row } from '../view/span.js';
import { transcriptView, type TranscriptEntryView } from '../view/transcript.js';
import { Line } from './Line.js';
import { Panel } from './Panel.js';
import type { PanelContentProps } from './panel-props.js';

const labelWidth = 8;

interface TranscriptPanelProps extends PanelContentProps {
  /** Called with the largest possible scroll offset when the panel is scrolled beyond it. */
  readonly onMeasured: (mostBack: number) => void;
}

/** The transcript, the latest turn at the bottom. Ink wraps the lines, so only Ink knows their number. */
export function TranscriptPanel(props: TranscriptPanelProps): ReactElement {
  const { model, number, width, height, onMeasured } = props;
  const content = useRef<DOMElement>(null);
  const room = height - 1;
  const { title, entries, nothing } = transcriptView(model, room);
  const back = model.ui.transcriptBack;
  useLayoutEffect(() => {
    if (back === 0 || !content.current) return;
    const mostBack = Math.max(0, measureElement(content.current).height - room);
    if (back > mostBack) onMeasured(mostBack);
  });
  return (
    <Panel
      {...{ number, title, width, height }}
      name={panelNames.transcript}
      focused={model.ui.focus === 'transcript'}
    >
      {nothing === null ? (
        <Box flexDirection="column" height={room} justifyContent="flex-end" overflowY="hidden">
          {/* At least as high as the panel: a short transcript begins at its top. */}
          <Box ref={content} flexDirection="column" flexShrink={0} minHeight={room} marginBottom={-back}>
            {entries.map((entry, index) => (
              <Entry key={index} entry={entry} />
            ))}
          </Box>
        </Box>
      ) : (
        <Line row={[span(`  ${nothing}`, { dim: true })]} />
      )}
    </Panel>
  );
}

function Entry({ entry: { side, label, text } }: { readonly entry: TranscriptEntryView }): ReactElement {
  const name: Row = [span(label, { colour: side === 'agent' ? 'green' : 'cyan', bold: true })];
  return (
    <Box flexShrink={0}>
      <Box width={labelWidth} flexShrink={0}>
        <Line row={name} />
      </Box>
      <Line row={text} wrap="wrap" />
    </Box>
  );
}
