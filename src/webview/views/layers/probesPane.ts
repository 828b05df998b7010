import type { ProbeReport, TaskReport } from '../../../protocol/probes';
import { el, fill } from '../../kit/dom';
import { counted, duration } from '../../reading/format';
import { GLOSSARY } from '../../reading/glossary';
import { shownState, stateName } from './facts';
import type { LayersOptions } from '../../app/choices/layers';
import { points, TASK_NAMES, depthWords, probeWords } from './probeWords';
import { layerFault, layerNumber } from './wanted';
import type { LayersPanel } from './wishes';
import { menuButton } from '../../kit/menu';
import { segmented } from '../../kit/segmented';
import { drawTable } from '../../kit/table';
import { createSection, createTask } from './task';
import { probeChart } from './probeChart';
import { FittedChart } from './fitted';

/** What can be read from each layer by a linear classifier. */
export function createProbesPane(panel: LayersPanel): HTMLElement {
  const { store, layers } = panel;
  const caption = el('span.muted', 'accuracy of a linear probe on each state, %');
  const corpora = segmented<LayersOptions['corpus']>('Corpus', corpus =>
    layers.setOption({ corpus }),
  );
  const fit = menuButton('Fit probes…', ['Fit probes…'], () => [
    {
      name: 'With',
      items: [
        { label: 'Bundled treebank', act: () => void layers.probes.fit('bundled') },
        { label: 'CoNLL-U file…', act: () => void layers.probes.fit('chosen') },
      ],
    },
  ]);
  fit.element.classList.add('fit-probes');
  const gravity = el('span.muted', {
    text: '▲ centre of gravity, in layers passed',
    title: GLOSSARY['centre of gravity'],
  });
  const beside = [caption, el('span.spacer'), gravity, corpora.element, fit.element];
  const again = (): void => void layers.probes.fitAgain();
  const section = createSection(panel, 'Probes', beside, { panel, again });
  const { reason, table } = section;
  section.element.classList.add('probes-pane');
  const task = createTask(panel, 'probes', () => layers.probes.cancel('probes'));
  const readOut = el('p.muted.layer-note.probe-line', { role: 'status' });
  const charts = el('div.probe-charts');
  const caveats = el('p.muted.layer-note');
  const missing = el('p.muted.layer-note');
  section.body.append(task, reason.element, charts, readOut, caveats, missing, table);
  let figures: readonly ProbeFigure[] = [];
  section.follow(
    ['probes'],
    state => {
      const { corpusName, corpus } = state.options.layers;
      corpora.element.hidden = corpusName === '';
      corpora.show(
        [
          { value: 'bundled', label: 'Bundled treebank' },
          { value: 'chosen', label: corpusName },
        ],
        corpus,
      );
      fit.element
        .querySelector('button')
        ?.toggleAttribute('disabled', state.layers.tasks.probes !== undefined);
      const report = layerNumber(state, 'probes');
      const fault = layerFault(state, 'probes');
      const error = fault?.message ?? null;
      const isNone = report === null && !state.layers.tasks.probes;
      reason.show(
        error ??
          (isNone
            ? 'No probes were fitted for this model with this corpus. Choose Fit probes… to fit some.'
            : null),
        fault,
      );
      if (report === undefined && error === null) return;
      const shown = report ?? null;
      for (const element of [charts, readOut, caveats, missing, gravity])
        element.hidden = shown === null;
      drawTable(table, shown && state.options.table && probeTable(shown));
      if (!shown) return;
      if (figures[0]?.report !== shown) {
        const say = (words: string): string => (readOut.textContent = words);
        figures = shown.tasks.map((one, i) => new ProbeFigure(panel, shown, one, i === 0, say));
        fill(charts, ...figures.map(({ element }) => element));
        readOut.textContent =
          'Point at a state, or go to a chart and use the arrow keys, to read its numbers.';
      }
      caveats.textContent = caveatsOf(shown);
      missing.textContent = shown.missing
        .map(one => `${TASK_NAMES[one.task]}: ${one.reason}`)
        .join(' ');
      missing.hidden = shown.missing.length === 0;
    },
    ({ tasks }) => [tasks.probes === undefined],
  );
  store.select(
    state => [shownState(state), layerNumber(state, 'probes'), state.capture],
    at => {
      for (const figure of figures) figure.stand(at);
    },
  );
  return section.element;
}

/** What the numbers are of, in one line. */
export function caveatsOf(report: ProbeReport): string {
  const { corpus, sentences, words, seed, caveats, notes, elapsed, tasks } = report;
  const tested = tasks.reduce((most, { testItems }) => Math.max(most, testItems), 0);
  return `${corpus}: ${counted(sentences, 'sentence')}, ${counted(words, 'word')}, up to ${counted(tested, 'item')} held out, seed ${seed}, fitted in ${duration(elapsed)}. ${[...notes, caveats].join(' ')}`;
}

/** Every number of the report. */
export function probeTable({ tasks }: ProbeReport) {
  return {
    caption: 'Probes: every task and state, in percent',
    columns: [
      'Task',
      'State',
      'Accuracy',
      '95 % interval',
      'F1',
      'Control',
      'Selectivity',
      'Majority',
      'Compression',
      'Mix',
    ],
    rows: tasks.flatMap(({ task, majority, scores }) =>
      scores.map(({ state, accuracy, f1, control, selectivity, compression, mixed }) => [
        TASK_NAMES[task],
        stateName(state),
        points(accuracy.value),
        `${points(accuracy.low)}–${points(accuracy.high)}`,
        points(f1),
        points(control),
        points(selectivity),
        points(majority),
        compression.toFixed(2),
        points(mixed),
      ]),
    ),
  };
}

/** One task's chart: pointing at a state, or going to it with the arrows, reads its numbers. */
class ProbeFigure {
  readonly element: HTMLElement;
  private readonly chart: FittedChart;
  private readonly control: HTMLElement;
  private stateAt: ((x: number) => number) | null = null;
  private at = 0;
  private here = -1;

  /** @param say shows the numbers of a state */
  constructor(
    panel: LayersPanel,
    readonly report: ProbeReport,
    private readonly task: TaskReport,
    private readonly hasNames: boolean,
    private readonly say: (words: string) => void,
  ) {
    const name = TASK_NAMES[task.task];
    this.control = el('div.layer-chart.probe-chart', {
      role: 'slider',
      tabindex: 0,
      'aria-label': `${name}, state`,
      'aria-valuemin': 0,
      'aria-valuemax': Math.max(0, task.scores.length - 1),
      on: {
        keydown: event => this.key(event),
        focus: () => this.read(this.at),
        pointermove: event => {
          if (this.stateAt) this.read(this.stateAt(this.chart.place(event).x));
        },
        click: () => panel.layers.chooseState(this.at),
      },
    });
    this.chart = new FittedChart(this.control);
    this.element = el(
      'div.probe-figure',
      el('h3', { text: name, title: depthWords(task) }),
      this.control,
    );
    this.value(0);
  }

  /** Marks the state of the locus. */
  stand(state: number): void {
    if (this.here === state) return;
    this.here = state;
    this.value(Math.max(0, Math.min(this.task.scores.length - 1, state)));
    this.chart.show(width => {
      const drawn = probeChart(this.task, width, state, this.hasNames);
      this.stateAt = drawn.stateAt;
      return drawn;
    });
  }

  private words(state: number): string {
    const score = this.task.scores[state];
    if (!score) return '';
    return `${TASK_NAMES[this.task.task]}. ${probeWords(this.task, score)} ${depthWords(this.task)}`;
  }

  private value(state: number): void {
    this.at = state;
    this.control.setAttribute('aria-valuenow', String(state));
    this.control.setAttribute('aria-valuetext', this.words(state));
  }

  private read(state: number): void {
    if (this.at !== state) this.value(state);
    this.say(this.words(state));
  }

  private key(event: KeyboardEvent): void {
    const last = this.task.scores.length - 1;
    const to = {
      ArrowRight: this.at + 1,
      ArrowUp: this.at + 1,
      ArrowLeft: this.at - 1,
      ArrowDown: this.at - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || event.altKey) return;
    event.preventDefault();
    this.read(Math.max(0, Math.min(last, to)));
  }
}
