import { Text } from 'ink';
import { createContext, useContext, type ReactElement } from 'react';
import type { Row, Span } from '../view/span.js';

/** Whether the terminal shows colours; bold and dim are used anyway. */
export const TakesColour = createContext(true);

interface LineProps {
  readonly row: Row;
  /** How to fit text that is wider than its space. */
  readonly wrap?: 'truncate' | 'wrap';
}

/** Styled text. Removes control characters, so only the styles reach the terminal as control sequences. */
export function Line({ row, wrap = 'truncate' }: LineProps): ReactElement {
  const takesColour = useContext(TakesColour);
  const [first, ...more] = row;
  if (!first) return <Text> </Text>;
  if (more.length === 0)
    return (
      <Text wrap={wrap} {...inkStyle(first, takesColour)}>
        {clean(first.text) || ' '}
      </Text>
    );
  return (
    <Text wrap={wrap}>
      {row.map((part, index) => (
        <Text key={index} {...inkStyle(part, takesColour)}>
          {clean(part.text)}
        </Text>
      ))}
    </Text>
  );
}

function inkStyle({ colour, bold, dim, inverse }: Span, takesColour: boolean) {
  return {
    ...(colour && takesColour && { color: colour }),
    ...(bold && { bold }),
    ...(dim && { dimColor: dim }),
    ...(inverse && { inverse }),
  };
}

/**
 * Control characters, marks that change the writing direction, and lone surrogates. Ink itself lets hyperlinks pass.
 */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

function clean(text: string): string {
  return text.replace(unprintable, '');
}
