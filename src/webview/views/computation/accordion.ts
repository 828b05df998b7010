import { keyTokens } from '../../reading/capture';
import { cappedScore, limitOf, pausedIn, runningSum } from './facts';
import { number, signed } from '../../reading/numbers';
import { scaleText } from './sentence';
import { keyVector, type ShownComputation } from './shown';
import { activeStage, isComputed, Stage, type Step } from '../../app/choices/step';
import { el, fill, tokenSpan } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { label } from '../../reading/tokenText';
import { viewPalette } from '../../app/viewPalette';
import { createPane, type Pane } from '../../shell/pane';
import { VirtualList } from '../../kit/virtualList';
import { barLane, barParts, weightBar } from '../../shell/weightBar';
import { drawArithmetic } from './arithmetic';
import { drawOutputPane } from './outputPane';
import { signedBars } from './signedBars';
import { waterfall } from './waterfall';

const ROW_HEIGHT = 22;
const BARS_HEIGHT = 32;
const NAME_ROOM = 46;
const MARGIN = 32;

/** The stages below each other, for panels that are too narrow for the table. */
export class Accordion {
  readonly element = el('div.stage-accordion');
  private readonly list = new VirtualList(ROW_HEIGHT);
  private readonly product: Section;
  private readonly softmax: Section;
  private readonly output: Section;
  private readonly sum = el('div.section-part');
  private readonly residual = el('div.section-part');
  private revealed = '';

  constructor(private readonly panel: Panel) {
    this.product = new Section(panel, '1–4 q · k');
    this.softmax = new Section(panel, '5 Softmax');
    this.output = new Section(panel, '6–7 Weighted sum, output');
    this.list.element.addEventListener('click', event => {
      const row =
        event.target instanceof Element ? event.target.closest<HTMLElement>('.bar-row') : null;
      if (row) panel.actions.setKey(Number(row.dataset['index']));
    });
    this.softmax.pane.body.append(
      el('div.list-head.muted', el('span', 'score'), el('span', 'α')),
      this.list.element,
    );
    this.output.pane.body.append(this.sum, this.residual);
    this.element.append(
      ...[this.product, this.softmax, this.output].map(({ pane }) => pane.element),
    );
  }

  draw(width: number): void {
    const { state } = this.panel.store;
    const paused = pausedIn(state);
    if (!paused) return;
    const { shown, keys, step, key } = paused;
    const active = activeStage(step);
    const name = label(keys[key], 14);
    this.product.show(true, active <= Stage.mask, name);
    this.softmax.show(
      isComputed(step, Stage.softmax),
      active === Stage.softmax,
      `over ${shown.value.weights.length} keys`,
    );
    this.output.show(
      isComputed(step, Stage.weightedSum) || step.into?.kind === 'sum',
      active >= Stage.weightedSum,
      '',
    );
    this.drawProduct(shown, step, key, width - MARGIN);
    this.drawSoftmax(shown, key);
    fill(this.sum);
    if (isComputed(step, Stage.weightedSum)) {
      drawArithmetic(this.sum, state);
      const z = shown.value.headOutput;
      if (z && isComputed(step, Stage.output)) {
        this.sum.append(vectorLine('z', '', z, width - MARGIN));
      }
    }
    drawOutputPane(this.residual, state, width);
  }

  private drawProduct(shown: ShownComputation, step: Step, key: number, width: number): void {
    const { q, products, scores, softCap, bias, maskedScores, allowed, scale, headDim } =
      shown.value;
    const k = keyVector(shown, 'k', key);
    const { body } = this.product.pane;
    if (!k) {
      fill(body, el('p.muted', '…'));
      return;
    }
    const score = scores[key] ?? NaN;
    const capped = cappedScore(score, softCap);
    const masked = allowed[key] === 1 ? (maskedScores[key] ?? NaN) : -Infinity;
    const sum = allowed[key] === 1 ? (bias ? signed(bias[key] ?? NaN, 3) : '+ 0') : '+ −∞';
    const steps: [number, string][] = [
      [Stage.dotProduct, number(products[key] ?? NaN, 2)],
      [Stage.scale, ` ${scaleText(scale, headDim)} = ${number(score, 3)}`],
      ...(softCap === undefined
        ? []
        : [[Stage.scale, `, capped ${number(capped, 3)}`] as [number, string]]),
      [Stage.mask, ` ${sum} = ${number(masked, 3)}`],
    ];
    const done = steps.filter(([stage]) => isComputed(step, stage)).map(([, text]) => text);
    const inside = step.into?.kind === 'product' ? step.into.dimension + 1 : null;
    fill(
      body,
      vectorLine('q', 'query', q, width),
      vectorLine('k', 'key', k, width),
      isComputed(step, Stage.dotProduct) &&
        vectorLine('q ∘ k', '', runningSum(q, k).products, width),
      inside !== null && el('div.section-part', wrap(waterfall(q, k, width, inside))),
      el('p.score-line.number', done.join('')),
    );
  }

  private drawSoftmax(shown: ShownComputation, key: number): void {
    const { state } = this.panel.store;
    const { capture, locus } = state;
    if (!capture || !locus) return;
    const { weights, maskedScores, allowed } = shown.value;
    const tokens = keyTokens(capture, locus.block);
    const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
    const palette = viewPalette(state);
    this.list.show(weights.length, index => {
      const isAllowed = allowed[index] === 1;
      const weight = weights[index] ?? NaN;
      const kinds = [
        'bar-row',
        tokens[index]?.special ? 'special' : '',
        index === key ? 'is-key' : '',
        isAllowed ? '' : 'is-blocked',
      ];
      return el(
        'div',
        { class: kinds, 'data-index': index },
        ...barParts(
          tokenSpan(label(tokens[index], 14)),
          barLane(weightBar(weight, largest, palette, isAllowed)),
          isAllowed ? number(maskedScores[index] ?? NaN, 2) : '−∞',
          isAllowed ? weight3(weight) : '–',
        ),
      );
    });
    if (this.revealed !== `${shown.at} ${key}`) this.list.reveal(key);
    this.revealed = `${shown.at} ${key}`;
  }
}

/** One fold of the accordion. */
class Section {
  readonly pane: Pane;
  private readonly detail = el('span.muted');

  constructor(panel: Panel, name: string) {
    this.pane = createPane(panel, name, this.detail);
  }

  show(isReady: boolean, isNow: boolean, detail: string): void {
    this.pane.element.classList.toggle('is-later', !isReady);
    this.pane.element.classList.toggle('is-now', isNow);
    this.detail.textContent = isReady ? detail : 'not computed yet';
    this.pane.body.hidden = !isReady;
  }
}

function vectorLine(
  name: string,
  part: '' | 'query' | 'key',
  vector: Float32Array,
  width: number,
): HTMLElement {
  return el(
    'div.vector-line',
    el('span', { class: `vector-name ${part}`.trim(), text: name }),
    signedBars(vector, limitOf([vector]), Math.max(120, width - NAME_ROOM), BARS_HEIGHT),
  );
}

function wrap(chart: SVGSVGElement): HTMLElement {
  return el('div', chart);
}
