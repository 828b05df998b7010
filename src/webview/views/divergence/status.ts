import { keepDrawn } from '../../app/keepDrawn';
import { button } from '../../kit/controls';
import { el } from '../../kit/dom';
import { drawRunStatus } from '../../shell/runStatus';
import { reportOf } from './report';
import type { DivergencePanel } from './wishes';

/** How far the comparison has come, with what stops it, or has it made again; and how B is run. */
export function createStatus(panel: DivergencePanel): HTMLElement {
  const { store, divergence, commands, actions, sides } = panel;
  const bar = el('progress', { max: 1, 'aria-label': 'Compared' });
  const words = el('span', { role: 'status' });
  const stop = button('Cancel', () => divergence.runner.cancel(), { secondary: true });
  const start = button('Compare', () => divergence.runner.again(), { secondary: true });
  commands.answer('stopDivergence', () => divergence.runner.cancel());
  const progress = el('div.work-status', bar, words, stop, start);
  const side = el('div.work-status');
  keepDrawn(
    store,
    state => [state.sides.other, state.divergence],
    state => {
      const { run, isRunning } = state.divergence;
      const { other } = state.sides;
      const isMissing = other.kind === 'ready' && !reportOf(state) && run?.isStopped === true;
      progress.hidden = !isRunning && !isMissing;
      bar.hidden = stop.hidden = !isRunning;
      start.hidden = isRunning;
      bar.value = run?.done ?? 0;
      words.textContent = isRunning ? `${Math.round(100 * (run?.done ?? 0))} % compared` : '';
      start.textContent = run?.error ? 'Try again' : 'Compare';
      drawRunStatus(
        side,
        {
          doing: other.kind === 'running' ? other.progress.label : null,
          problem: other.kind === 'failed' ? 'There is nothing to lay beside A.' : null,
          otherwise: null,
        },
        { cancel: () => actions.cancel(), again: () => sides.again('other') },
      );
    },
  );
  return el('div', side, progress);
}
