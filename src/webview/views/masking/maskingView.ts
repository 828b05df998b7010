import { predictedQuestions } from '../../app/addresses';
import { el } from '../../kit/dom';
import { maskingFigures } from './figures';
import { comparisonQuestions, STACK_MAPS } from './wanted';
import { maskingSentence } from './sentence';
import { MASKING_VIEW, maskingRuns } from './maskingRuns';
import type { View } from '../../app/view';
import { createChangedColumn } from './changedColumn';
import { createOutputSection } from './outputSection';
import { createQueriesSection } from './queriesSection';
import { createMaskReadOut } from './maskReadOut';
import { createRunColumn } from './runColumn';
import { createShares } from './shares';
import { createStacksSection } from './stacksSection';

/** “What may each token see, and what if that changed?” */
export const maskingView: View = {
  id: MASKING_VIEW,
  key: '3',
  title: 'Masking',
  runs: maskingRuns,
  questions: state => ({
    ...comparisonQuestions(state),
    ...((state.capture?.model.stacks.length ?? 0) > 1 &&
      predictedQuestions(state, STACK_MAPS.crossMap)),
  }),
  figures: maskingFigures,
  sentence: maskingSentence,
  mount: (panel, sentence) =>
    el(
      'div.masking',
      sentence,
      createMaskReadOut(panel),
      el(
        'div.mask-columns.maps',
        createRunColumn(panel, 'main'),
        createRunColumn(panel, 'other'),
        createChangedColumn(panel),
      ),
      el(
        'div.mask-columns',
        createShares(panel, 'main'),
        createShares(panel, 'other'),
        createQueriesSection(panel),
      ),
      createOutputSection(panel),
      createStacksSection(panel),
    ),
};
