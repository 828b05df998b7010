import { FINDINGS_VIEW, graveCount } from '../../app/findings';
import type { View } from '../../app/view';
import { el } from '../../kit/dom';
import { createDetail } from './detail';
import { findingsFigures } from './figures';
import { createList } from './list';
import { findingsSentence } from './sentence';
import { createStateNote } from './states';
import { createStopField } from './stopField';
import { stopQuestions } from './stops';
import { createToolbar } from './toolbar';
import type { FindingsPanel, FindingWishes } from './wishes';

/**
 * “Is anything wrong?”
 * @param wishes what can be done; asked for once the view is opened
 * @param titleOf what a view is called, by its name
 */
export const createFindingsView = (
  wishes: () => FindingWishes,
  titleOf: (view: string) => string,
): View => ({
  id: FINDINGS_VIEW,
  key: '6',
  title: 'Findings',
  badge: ({ findings }) => graveCount(findings),
  figures: findingsFigures,
  questions: stopQuestions,
  sentence: findingsSentence,
  mount: (shown, sentence) => {
    const panel: FindingsPanel = { ...shown, findings: wishes() };
    return el(
      'div.findings',
      sentence,
      el(
        'div.findings-columns',
        el(
          'section.findings-list',
          { 'aria-label': 'Findings' },
          createToolbar(panel),
          createStopField(panel),
          createStateNote(panel),
          createList(panel),
          createKeysNote(panel),
        ),
        createDetail(panel, titleOf),
      ),
    );
  },
});

/** The keys of the list, and where else it stands. */
function createKeysNote({ store }: FindingsPanel): HTMLElement {
  const key = (name: string): HTMLElement => el('kbd', name);
  const element = el(
    'p.findings-keys.muted',
    ...[key('F8'), ' next · ', key('Shift+F8'), ' previous · ', key('Enter'), ' go there'],
    ' · errors and warnings are also in the Problems panel',
  );
  store.select(
    state => [state.findings.kind],
    kind => (element.hidden = kind !== 'ready'),
  );
  return element;
}
