import { el, fill, tokenSpan } from '../../kit/dom';
import { weight2, weight3 } from '../../reading/format';
import { shownState, stateName, stateWords } from './facts';
import { lensKind, outputTokens, wantedLayers } from './wanted';
import { outputToken } from '../../app/output';
import type { LayersPanel } from './wishes';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { drawn } from '../../shell/sentenceBand';
import { drawTable } from '../../kit/table';
import { barLane, barParts, shareBar } from '../../shell/weightBar';
import { cellPhrases, changeText, entry, LISTED, listedGuesses } from './lensContent';
import { createSection } from './task';

/** The most probable entries of the chosen cell; a click takes that entry's logit apart. */
export function createCellPane(panel: LayersPanel): HTMLElement {
  const { layers } = panel;
  const heading = el('h3.cell-title');
  const caption = el('span.muted');
  const section = createSection(panel, 'Selected cell', [caption]);
  const { table } = section;
  const list = el('div.layer-bars');
  const note = el('p.muted.layer-note');
  section.body.append(heading, list, note, table);
  section.follow(
    [],
    state => {
      const token = outputToken(state);
      if (!state.capture || token === null) return;
      const at = shownState(state);
      fill(
        heading,
        tokenSpan(label(outputTokens(state.capture)[token], 16), 'query'),
        ` ${stateWords(at)}`,
      );
      caption.textContent = `top ${LISTED}, ${lensKind(state) === 'maskedLm' ? 'token masked' : 'logit lens'}`;
      const listed = listedGuesses(state);
      const chosen = wantedLayers(state).attribution?.id;
      fill(
        list,
        ...listed.map(({ id, text, probability, change }) =>
          el(
            'button.layer-bar',
            {
              title: `Take the logit of ${entry(text, 24)} apart`,
              'aria-pressed': String(id === chosen),
              on: { click: () => layers.chooseLogit(token, id === chosen ? null : id) },
            },
            ...barParts(
              tokenSpan(entry(text)),
              barLane(shareBar(probability)),
              weight2(probability),
            ),
            el('span.number.dim', changeText(change)),
          ),
        ),
      );
      note.textContent = noteOf(state, at, listed.length);
      drawTable(
        table,
        state.options.table &&
          listed.length > 0 && {
            caption: `${label(outputTokens(state.capture)[token])} ${stateWords(at)}: the ${listed.length} most probable`,
            columns: ['Token', 'Probability', 'Change'],
            rows: listed.map(({ text, probability, change }) => [
              entry(text, 24),
              weight3(probability),
              changeText(change),
            ]),
          },
      );
    },
    ({ lenses }) => [lenses],
  );
  return section.element;
}

function noteOf({ layers }: State, at: number, listed: number): string {
  if (listed > 0) {
    return at === 0
      ? 'Choose an entry to take its logit apart.'
      : `Last column: change from ${stateName(at - 1)}. Choose an entry to take its logit apart.`;
  }
  return layers.lenses?.error || layers.lenses?.chunks.size === 0
    ? 'No predictions here yet.'
    : 'No predictions for this token: special tokens are left out.';
}

/** The line that says a cell of the predictions in full: the one pointed at, else the chosen one. */
export function createCellLine({ store }: LayersPanel): {
  readonly element: HTMLElement;
  /** Null ends the pointing. */
  readonly point: (row: number, token: number | null) => void;
} {
  const element = el('p.muted.cell-line');
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
