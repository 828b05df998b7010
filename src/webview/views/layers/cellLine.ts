import { el, fill } from '../../dom';
import { shownState } from '../../layers/facts';
import { outputToken } from '../../masking/wanted';
import type { Panel } from '../../panel';
import { drawn } from '../sentenceBand';
import { cellPhrases } from './lensContent';

/** The line that says a cell of the predictions in full: the one pointed at, else the chosen one. */
export function createCellLine({ store }: Panel): {
  readonly element: HTMLElement;
  /** Null ends the pointing. */
  readonly point: (row: number, token: number | null) => void;
} {
  const element = el('p', { class: 'muted cell-line' });
  let isPointed = false;
  const say = (row: number, token: number | null): void => {
    fill(element, ...(token === null ? [] : drawn(cellPhrases(store.state, row, token))));
  };
  const rest = (): void => say(shownState(store.state), outputToken(store.state));
  store.select(
    state => [state.capture, state.locus, state.layers.lenses, state.layers.chosen],
    () => {
      if (!isPointed) rest();
    },
  );
  return {
    element,
    point: (row, token) => {
      isPointed = token !== null;
      if (token === null) rest();
      else say(row, token);
    },
  };
}
