import type { ProbeReport, TaskReport } from '../../../protocol/probes';
import { el } from '../../kit/dom';
import { probeChart } from './probeChart';
import { depthWords, probeWords, TASK_NAMES } from './probeWords';
import type { LayersPanel } from './wishes';
import { FittedChart } from './fitted';

/** One task's chart: pointing at a state, or going to it with the arrows, reads its numbers. */
export class ProbeFigure {
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
    this.control = el('div', {
      class: 'layer-chart probe-chart',
      attributes: {
        role: 'slider',
        tabindex: 0,
        'aria-label': `${name}, state`,
        'aria-valuemin': 0,
        'aria-valuemax': Math.max(0, task.scores.length - 1),
      },
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
      'div',
      { class: 'probe-figure' },
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
