import {
  fileName,
  moduleName,
  placeOf,
  shortPlace,
  SOURCE_STAGES,
  type SiteSource,
  type SourceStage,
} from '../../../protocol/source';
import type { Panel } from '../../app/panel';
import { el, fill } from '../../kit/dom';
import { createPane } from '../../shell/pane';
import { createSourceNote, sourceOnShow, sourceTitle, stepOnShow } from '../../shell/goToSource';

/** Steps as people call them. */
const NAMES: Readonly<Record<SourceStage, string>> = {
  query: 'query projection',
  key: 'key projection',
  value: 'value projection',
  scores: 'scores',
  mask: 'mask',
  softmax: 'softmax',
  headOutput: 'weights · V',
  output: 'output projection',
};

/** The steps of the attention on show with the lines that compute them; hidden where its graph does not tell. */
export function createSourcePane(panel: Panel): HTMLElement {
  const { store } = panel;
  const { element, body } = createPane(panel, 'Source');
  const list = el('ul.source-list', { 'aria-label': 'Go to Source' });
  const heading = el('p.source-heading.muted');
  body.append(heading, list, createSourceNote(panel));
  store.select(
    state => [sourceOnShow(state)],
    source => {
      element.hidden = !source;
      fill(list, ...(source ? rows(source, panel) : []));
      const [first] = source?.places ?? [];
      fill(
        heading,
        source && el('span', { text: moduleName(source), title: source.className ?? '' }),
        first && el('span', { text: fileName(first), title: first.file }),
      );
      markStep(list, stepOnShow(store.state));
    },
  );
  store.select(
    state => [stepOnShow(state)],
    step => markStep(list, step),
  );
  return element;
}

/** A row for each step; the name of its file stands there where it is not the one above the list. */
function rows(source: SiteSource, { actions }: Panel): HTMLElement[] {
  return SOURCE_STAGES.flatMap(stage => {
    const place = placeOf(source, stage);
    if (!place) return [];
    const button = el(
      'button.frame',
      {
        title: sourceTitle(source, place),
        'data-stage': stage,
        on: { click: () => actions.goToSource(stage) },
      },
      el('span', NAMES[stage]),
      ' ',
      el(
        'span.dim',
        place.file === source.places[0]?.file ? `line ${place.line}` : shortPlace(place),
      ),
    );
    return [el('li', button)];
  });
}

/** Marks the step at which the computation is paused. */
function markStep(list: HTMLElement, step: SourceStage): void {
  for (const row of list.querySelectorAll<HTMLElement>('[data-stage]')) {
    const isNow = row.dataset['stage'] === step;
    row.classList.toggle('is-now', isNow);
    if (isNow) row.setAttribute('aria-current', 'step');
    else row.removeAttribute('aria-current');
  }
}
