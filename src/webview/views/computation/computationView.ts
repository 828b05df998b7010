import { LARGEST_ERROR } from './facts';
import { number } from '../../reading/numbers';
import { stepSentence } from './sentence';
import {
  COMPUTATION_VIEW,
  computationError,
  computationQuestions,
  shownComputation,
} from './shown';
import { activeStage, fitStep, STAGES, type Step } from '../../app/choices/step';
import { el, fill, icon } from '../../kit/dom';
import { computationFigures } from './figures';
import { edgeMenu, headMenu, layerMenu } from '../../app/interventions/menus';
import type { Panel } from '../../app/panel';
import { listenForMenu } from '../../kit/contextMenu';
import { isSingleHead } from '../../reading/place';
import type { State } from '../../app/state';
import type { View } from '../../app/view';
import { createPane } from '../../shell/pane';
import { drawTable } from '../../kit/table';
import { Accordion } from './accordion';
import { drawArithmetic } from './arithmetic';
import { drawCallStack } from './callStack';
import { createDebugBar } from './debugBar';
import { formula } from './formula';
import { drawLegend } from './stageLegend';
import { drawOutputPane } from './outputPane';
import { createSourcePane } from './sourcePane';
import { StageTable } from './stageTable';
import { stagesAsTable } from './stagesAsTable';
import { drawVariables } from './variables';
import { drawVectorPane } from './vectorPane';
import { createWatchList } from './watchList';

/** Panels narrower than this show the stages below each other. */
const NARROW = 700;
/** From this width on the lists stand beside the table. */
const WITH_SIDE = 1080;
const SIDE_WIDTH = 250;
const PADDING = 32;

/** “Where does this weight come from?” */
export const computationView: View = {
  id: COMPUTATION_VIEW,
  key: '2',
  questions: computationQuestions,
  title: 'Computation',
  short: 'Q·K·V',
  figures: computationFigures,
  sentence: state => {
    const shown = shownComputation(state);
    return shown ? stepSentence(state, shown, fitStep(state.step, shown.value.headDim)) : [];
  },
  mount: (panel, sentence) => new ComputationView(panel, sentence).element,
};

class ComputationView {
  readonly element = el('div.computation');
  private readonly formula = el('div.formula');
  private readonly note = el('span.muted.head-note');
  private readonly paused = el('span.muted.paused-at');
  private readonly warning = el('div.band.warning', { role: 'alert' });
  private readonly problem = el('p.computation-problem', { role: 'status' });
  private readonly vectors = el('section.pane', { 'aria-label': 'q · k of one key' });
  private readonly numbers = el('section.pane', { 'aria-label': 'Numbers of this step' });
  private readonly output = el('section.pane.output-pane', { 'aria-label': 'Output' });
  private readonly readAs = el('div.table');
  private readonly legend = el('div.vector-legend');
  private readonly table: StageTable;
  private readonly accordion: Accordion;
  private readonly stack: HTMLElement;
  private readonly variables: HTMLElement;
  private readonly body: HTMLElement;
  private readonly stepPanes: HTMLElement;
  private width = 0;
  /** Something stands in the panes. */
  private isFilled = false;

  constructor(
    private readonly panel: Panel,
    sentence: HTMLElement,
  ) {
    this.warning.hidden = true;
    this.table = new StageTable(panel);
    this.accordion = new Accordion(panel);
    const stack = createPane(panel, 'Call stack');
    const variables = createPane(panel, 'Variables');
    const watches = createPane(panel, 'Watch');
    watches.body.append(createWatchList(panel));
    this.stack = stack.body;
    this.variables = variables.body;
    this.stepPanes = el('div.step-panes', this.vectors, this.numbers);
    this.body = el(
      'div.computation-panes',
      el(
        'div.computation-main',
        sentence,
        el(
          'section.stages-pane',
          { 'aria-label': 'Stages' },
          this.table.element,
          this.accordion.element,
        ),
        this.stepPanes,
        this.output,
        this.readAs,
      ),
      el(
        'aside.side-pane',
        { 'aria-label': 'State' },
        stack.element,
        createSourcePane(panel),
        variables.element,
        watches.element,
        this.legend,
      ),
    );
    this.element.append(
      el(
        'div.formula-band',
        this.formula,
        el('span.spacer'),
        this.note,
        this.paused,
        createDebugBar(panel),
      ),
      this.warning,
      this.problem,
      this.body,
    );
    listenForMenu(this.element, event => {
      const { locus } = panel.store.state;
      if (!locus || !(event.target instanceof HTMLElement)) return null;
      const { block, layer, head, query } = locus;
      const row = event.target.closest<HTMLElement>('[data-index]');
      const key = row ? Number(row.dataset['index']) : locus.key;
      return {
        name: `Layer ${layer}, head ${head}`,
        groups: [
          headMenu(panel, { block, layer, head }),
          layerMenu(panel, block, layer),
          ...(key === null ? [] : [edgeMenu(panel, { block, layer, heads: [head], query, key })]),
        ],
        anchor: row ?? event.target,
      };
    });
    panel.store.select(
      state => [
        state.capture,
        state.locus,
        shownComputation(state),
        computationError(state),
        state.step,
        state.options,
        state.theme,
        state.themeVersion,
      ],
      () => this.draw(),
    );
    new ResizeObserver(entries => {
      const width = Math.floor(entries[0]?.contentRect.width ?? 0);
      if (width === this.width) return;
      this.width = width;
      this.draw();
    }).observe(this.element);
  }

  private draw(): void {
    const { state } = this.panel.store;
    if (this.width === 0) return;
    const shown = shownComputation(state);
    const error = computationError(state);
    this.problem.hidden = shown !== null;
    this.problem.classList.toggle('failed', error !== null);
    fill(this.problem, error ?? 'Computing…');
    // What is on show stays until the next numbers are here, unless there will be none.
    this.isFilled ||= shown !== null;
    this.body.hidden = error !== null || !this.isFilled;
    this.element.classList.toggle('is-waiting', shown === null && error === null);
    if (!shown) return;
    const { value } = shown;
    const step = fitStep(state.step, value.headDim);
    fill(this.formula);
    this.formula.append(formula(value, activeStage(step)));
    fill(this.paused, ...pausedAt(step, value.headDim));
    this.note.textContent = headNote(state);
    this.note.hidden = this.note.textContent === '';
    drawWarning(this.warning, value.weightError);
    const isNarrow = this.width < NARROW;
    this.element.classList.toggle('is-narrow', isNarrow);
    const main = this.width - (this.width >= WITH_SIDE ? SIDE_WIDTH : 0);
    this.table.element.hidden = isNarrow;
    this.accordion.element.hidden = !isNarrow;
    this.stepPanes.hidden = isNarrow;
    if (isNarrow) {
      this.accordion.draw(main);
      this.output.hidden = true;
    } else {
      this.table.draw(main);
      drawVectorPane(this.vectors, state, Math.floor(main / 2) - PADDING);
      drawArithmetic(this.numbers, state);
      drawOutputPane(this.output, state, main - PADDING);
    }
    drawCallStack(this.stack, this.panel);
    drawVariables(this.variables, state);
    drawLegend(this.legend, state);
    drawTable(this.readAs, stagesAsTable(state));
  }
}

/** Says so where the steps do not lead to the model's own weights. */
export function drawWarning(place: HTMLElement, weightError: number): void {
  const isFine = weightError <= LARGEST_ERROR;
  place.hidden = isFine;
  if (isFine) {
    fill(place);
    return;
  }
  const difference = Number.isNaN(weightError)
    ? 'Recomputed weights are not numbers (NaN)'
    : `Recomputed weights differ from the model’s by up to ${number(weightError, 4)}`;
  fill(
    place,
    icon('warning'),
    el(
      'span',
      `${difference}: more than ${LARGEST_ERROR} means that the model does something between q · k and α that these steps leave out. The weights are the model’s own; the steps before them are not to be relied on here.`,
    ),
  );
}

/** Stage or dimension at which the computation is paused. */
export function pausedAt({ stage, into }: Step, headDim: number): (string | HTMLElement)[] {
  if (into) {
    const what = into.kind === 'product' ? 'q · k' : 'Σ α v';
    return [
      el('span.wide', 'Paused inside '),
      el('b', what),
      `, dimension ${into.dimension} of 0–${headDim - 1}`,
    ];
  }
  return [
    el('span.wide', 'Paused at '),
    el('b', STAGES[stage - 1] ?? ''),
    `, ${stage} of ${STAGES.length}`,
  ];
}

/** The other views may show several heads as one; there is no such computation. */
export function headNote({ locus }: State): string {
  if (!locus || isSingleHead(locus)) return '';
  return `Attention shows ${locus.aggregate}; this is head ${locus.head} alone.`;
}
