import { useEffect, useState } from 'react';
import { callStateText, failureText } from 'hzrelay/browser';
import { useCall } from 'hzrelay/react';

const url = import.meta.env.VITE_RELAY_URL ?? 'http://localhost:8787';

export function App() {
  const [earMs, setEarMs] = useState(null);
  const { state, inCall, transcript, problems, muted, call, start, hangUp, say, mute, play } = useCall({
    url,
    onEvent: (event) => {
      // From the end of the visitor's words to the agent's first sound in the visitor's ear.
      if (event.type === 'turn.end') setEarMs(event.latency.mouth_to_ear_ms);
    },
  });

  const again = () => {
    hangUp();
    start();
  };

  return (
    <main>
      <h1>Talk to our agent</h1>
      <p role="status">{callStateText(state)}</p>
      <p>
        <button onClick={inCall ? hangUp : start}>{inCall ? 'Hang up' : 'Call'}</button>
        <button onClick={() => mute(!muted)} aria-pressed={muted}>
          {muted ? 'Unmute' : 'Mute'}
        </button>
      </p>
      <Levels call={call} />
      {problems.map((failure) => {
        const { title, remedy, action } = failureText(failure);
        return (
          <p key={failure.kind} role="alert">
            <strong>{title}.</strong> {remedy}{' '}
            {action && <button onClick={action.does === 'play' ? play : again}>{action.label}</button>}
          </p>
        );
      })}
      <ol className="transcript">
        {transcript.map((entry) => (
          <li key={`${entry.side} ${entry.turn}`} className={entry.side}>
            {entry.side === 'caller' ? entry.text : entry.heard}
            {entry.side === 'agent' &&
              (entry.progress === 'cut' ? <del>{entry.unheard}</del> : <i>{entry.unheard}</i>)}
          </li>
        ))}
      </ol>
      {earMs !== null && <p>The last answer came after {Math.round(earMs)} ms.</p>}
      <Typing onText={say} />
    </main>
  );
}

function Typing({ onText }) {
  return (
    <form
      onSubmit={(submitting) => {
        submitting.preventDefault();
        const text = new FormData(submitting.target).get('text').trim();
        if (text !== '') onText(text);
        submitting.target.reset();
      }}
    >
      <input
        name="text"
        aria-label="Say by typing"
        placeholder="Or type what you would say"
        maxLength={2000}
      />
    </form>
  );
}

/** How loud both sides are. */
function Levels({ call }) {
  const [levels, setLevels] = useState({ visitor: 0, agent: 0 });
  useEffect(() => call?.on('levels', setLevels), [call]);
  return (
    <p className="levels">
      <label>
        You <meter max={0.3} value={levels.visitor} />
      </label>
      <label>
        Agent <meter max={0.3} value={levels.agent} />
      </label>
    </p>
  );
}
