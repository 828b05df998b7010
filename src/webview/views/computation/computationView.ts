import { keyTokens } from '../../capture';
import { COMPUTATION_VIEW } from '../../computations';
import { exponential, LARGEST_ERROR, limitsOf, topKeys } from '../../computation/facts';
import { number } from '../../computation/numbers';
import { stepSentence } from '../../computation/sentence';
import { computationError, shownComputation } from '../../computation/shown';
import { activeStage, fitStep, STAGES, type Step } from '../../computation/step';
import { el, fill, icon } from '../../dom';
import { weight3 } from '../../format';
import type { Panel } from '../../panel';
import { divergingColors } from '../../render/vectorCells';
import { isSingleHead, type State } from '../../state';
import { isDark } from '../../theme';
import { label } from '../../tokenText';
import { createPane } from '../pane';
import { createSentenceBand } from '../sentenceBand';
import { drawTable } from '../table';
import type { View } from '../tabs';
import { Accordion } from './accordion';
import { drawArithmetic } from './arithmetic';
import { drawCallStack } from './callStack';
import { createDebugBar } from './debugBar';
import { formula } from './formula';
import { drawOutputPane } from './outputPane';
import { StageTable } from './stageTable';
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
  title: 'Computation',
  short: 'Q·K·V',
  create: panel => new ComputationView(panel).element,
};

class ComputationView {
  readonly element = el('div', { class: 'computation' });
  private readonly formula = el('div', { class: 'formula' });
  private readonly note = el('span', { class: 'muted head-note' });
  private readonly paused = el('span', { class: 'muted paused-at' });
  private readonly warning = el('div', { class: 'band warning', attributes: { role: 'alert' } });
  private readonly problem = el('p', {
    class: 'computation-problem',
    attributes: { role: 'status' },
  });
  private readonly sentence = createSentenceBand();
  private readonly vectors = el('section', {
    class: 'pane',
    attributes: { 'aria-label': 'q · k of one key' },
  });
  private readonly numbers = el('section', {
    class: 'pane',
    attributes: { 'aria-label': 'Numbers of this step' },
  });
  private readonly output = el('section', {
    class: 'pane output-pane',
    attributes: { 'aria-label': 'Output' },
  });
  private readonly readAs = el('div', { class: 'table' });
  private readonly legend = el('div', { class: 'vector-legend' });
  private readonly table: StageTable;
  private readonly accordion: Accordion;
  private readonly stack: HTMLElement;
  private readonly variables: HTMLElement;
  private readonly body: HTMLElement;
  private readonly stepPanes: HTMLElement;
  private width = 0;

  constructor(private readonly panel: Panel) {
    this.table = new StageTable(panel);
    this.accordion = new Accordion(panel);
    const stack = createPane(panel, 'Call stack');
    const variables = createPane(panel, 'Variables');
    const watches = createPane(panel, 'Watch');
    watches.body.append(createWatchList(panel));
    this.stack = stack.body;
    this.variables = variables.body;
    this.stepPanes = el('div', { class: 'step-panes' }, this.vectors, this.numbers);
    this.body = el(
      'div',
      { class: 'computation-panes' },
      el(
        'div',
        { class: 'computation-main' },
        el(
          'section',
          { class: 'stages-pane', attributes: { 'aria-label': 'Stages' } },
          this.table.element,
          this.accordion.element,
        ),
        this.stepPanes,
        this.output,
        this.readAs,
      ),
      el(
        'aside',
        { class: 'side-pane', attributes: { 'aria-label': 'State' } },
        stack.element,
        variables.element,
        watches.element,
        this.legend,
      ),
    );
    this.element.append(
      el(
        'div',
        { class: 'formula-band' },
        this.formula,
        el('span', { class: 'spacer' }),
        this.note,
        this.paused,
        createDebugBar(panel),
      ),
      this.warning,
      this.sentence.element,
      this.problem,
      this.body,
    );
    panel.store.select(
      state => [
        state.capture,
        state.locus,
        state.computation,
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
    if (state.options.view !== COMPUTATION_VIEW || this.width === 0) return;
    const shown = shownComputation(state);
    const error = computationError(state);
    this.problem.hidden = shown !== null;
    this.problem.classList.toggle('failed', error !== null);
    fill(this.problem, error ?? 'Computing…');
    // What is on show stays until the next numbers are here, unless there will be none.
    this.body.hidden = error !== null;
    this.element.classList.toggle('is-waiting', shown === null && error === null);
    if (!shown) return;
    const { value } = shown;
    const step = fitStep(state.step, value.headDim);
    fill(this.formula);
    this.formula.append(formula(value, activeStage(step)));
    fill(this.paused, ...pausedAt(step, value.headDim));
    this.note.textContent = headNote(state);
    this.sentence.say(stepSentence(state, shown, step));
    this.warn(value.weightError);
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
    this.drawLegend(state);
    this.drawReadAsTable(state);
  }

  /** Says so where the steps do not lead to the model's own weights. */
  private warn(weightError: number): void {
    const isFine = weightError <= LARGEST_ERROR;
    this.warning.hidden = isFine;
    if (isFine) {
      fill(this.warning);
      return;
    }
    const difference = Number.isNaN(weightError)
      ? 'Recomputed weights are not numbers (NaN)'
      : `Recomputed weights differ from the model’s by up to ${number(weightError, 4)}`;
    fill(
      this.warning,
      icon('warning'),
      el('span', {
        text: `${difference}: more than ${LARGEST_ERROR} means that the model does something between q · k and α that these steps leave out. The weights are the model’s own; the steps before them are not to be relied on here.`,
      }),
    );
  }

  private drawLegend(state: State): void {
    const shown = shownComputation(state);
    if (!shown) return;
    const colors = divergingColors(isDark(state.theme));
    const limits = limitsOf(shown);
    const stops = Array.from({ length: 9 }, (_, i) => colors[Math.round((i / 8) * 255)] ?? '');
    const limit = (name: string, value: number): string => `${name} ± ${number(value, 2)}`;
    fill(
      this.legend,
      el(
        'div',
        { class: 'legend-item' },
        el('span', { text: '−' }),
        el('i', {
          class: 'ramp',
          attributes: { 'aria-hidden': 'true' },
          style: { background: `linear-gradient(to right, ${stops.join(', ')})` },
        }),
        el('span', { text: '+' }),
        el('span', { text: 'vector entries' }),
      ),
      el('div', {
        text: [
          limit('q', limits.q),
          limit('k', limits.k),
          limit('q ∘ k', limits.product),
          ...(shown.value.v ? [limit('v', limits.v)] : []),
        ].join(' · '),
      }),
      el(
        'div',
        { class: 'legend-item' },
        el('kbd', { text: 'F10' }),
        'step over',
        el('kbd', { text: 'F11' }),
        'step into',
      ),
    );
  }

  private drawReadAsTable(state: State): void {
    const shown = shownComputation(state);
    const { capture, locus, options } = state;
    if (!shown || !capture || !locus || !options.table) {
      drawTable(this.readAs, null);
      return;
    }
    const { value } = shown;
    const keys = keyTokens(capture, locus.block);
    const top = topKeys(value, -1, 10);
    drawTable(this.readAs, {
      caption: `Stages of head ${locus.head}, layer ${locus.layer}: the ${top.length} keys with the largest weights`,
      columns: ['Key', 'Token', 'q · k', 'Score', 'Softmax input', 'exp(score − max)', 'Weight'],
      rows: top.map(key => [
        label(keys[key]),
        String(key),
        number(value.products[key] ?? NaN, 2),
        number(value.scores[key] ?? NaN, 2),
        number(value.maskedScores[key] ?? NaN, 2),
        number(exponential(value, key), 3),
        weight3(value.weights[key] ?? NaN),
      ]),
    });
  }
}

function pausedAt({ stage, into }: Step, headDim: number): (string | HTMLElement)[] {
  if (into) {
    const what = into.kind === 'product' ? 'q · k' : 'Σ α v';
    return [
      el('span', { class: 'wide', text: 'Paused inside ' }),
      el('b', { text: what }),
      `, dimension ${into.dimension} of 0–${headDim - 1}`,
    ];
  }
  return [
    el('span', { class: 'wide', text: 'Paused at ' }),
    el('b', { text: STAGES[stage - 1] ?? '' }),
    `, ${stage} of ${STAGES.length}`,
  ];
}

/** The other views may show several heads as one; there is no such computation. */
function headNote({ locus }: State): string {
  if (!locus || isSingleHead(locus)) return '';
  return `Attention shows ${locus.aggregate}; this is head ${locus.head} alone.`;
}
