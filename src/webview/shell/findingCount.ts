import { countParts, countsOf, effortWords, FINDINGS_VIEW } from '../app/findings';
import type { Panel } from '../app/panel';
import { el, fill, icon } from '../kit/dom';

/** Errors and warnings of the model on show, in the header; opens what they are. Hidden where there are none. */
export function createFindingCount({ store, actions }: Panel): HTMLElement {
  const element = el('button.finding-count', {
    on: { click: () => actions.setOption({ view: FINDINGS_VIEW }) },
  });
  store.select(
    state => [state.findings, state.run.kind],
    (findings, run) => {
      const counts = countsOf(findings);
      const [first, ...others] = countParts(counts, ['error', 'warning']);
      element.hidden = first === undefined || run !== 'ready';
      if (element.hidden) return;
      const effort = findings.kind === 'ready' ? ` · ${effortWords(findings.result)}` : '';
      element.title = 'Show the findings (6)';
      fill(
        element,
        icon(counts.error > 0 ? 'error' : 'warning'),
        el(
          'span',
          first ?? '',
          el('span.wide', `${others.map(one => `, ${one}`).join('')}${effort}`),
        ),
      );
    },
  );
  return element;
}
