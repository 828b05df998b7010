import { el } from '../../dom';
import { maskingFigures } from '../../export/figures/masking';
import { comparisonQuestions } from '../../masking/comparisons';
import { maskingSentence } from '../../masking/sentence';
import { MASKING_VIEW } from '../../masking/sideWishes';
import type { Panel } from '../../panel';
import { createSentenceBand } from '../sentenceBand';
import type { View } from '../tabs';
import { createChangedColumn } from './changedColumn';
import { createOutputSection } from './outputSection';
import { createQueriesSection } from './queriesSection';
import { createMaskReadOut } from './readOut';
import { createRunColumn } from './runColumn';
import { createShares } from './shares';
import { createStacksSection } from './stacksSection';

/** “What may each token see, and what if that changed?” */
export const maskingView: View = {
  id: MASKING_VIEW,
  title: 'Masking',
  questions: comparisonQuestions,
  figures: maskingFigures,
  create: panel =>
    el(
      'div',
      { class: 'masking' },
      createSentence(panel),
      createMaskReadOut(panel),
      el(
        'div',
        { class: 'mask-columns maps' },
        createRunColumn(panel, 'main'),
        createRunColumn(panel, 'other'),
        createChangedColumn(panel),
      ),
      el(
        'div',
        { class: 'mask-columns' },
        createShares(panel, 'main'),
        createShares(panel, 'other'),
        createQueriesSection(panel),
      ),
      createOutputSection(panel),
      createStacksSection(panel),
    ),
};

function createSentence({ store }: Panel): HTMLElement {
  const band = createSentenceBand();
  let said = '';
  store.select(
    state => [state.answers, state.locus, state.sides],
    () => {
      const phrases = maskingSentence(store.state);
      const words = JSON.stringify(phrases);
      if (phrases.length === 0 || words === said) return;
      said = words;
      band.say(phrases);
    },
  );
  return band.element;
}
