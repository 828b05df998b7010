import { limitOf } from './facts';
import { number } from '../../reading/numbers';
import { isComputed, Stage } from '../../app/choices/step';
import { el, fill } from '../../kit/dom';
import type { Column } from './stageColumns';
import { signedBars } from './signedBars';
import type { RowLook } from './stageRow';

const Z_HEIGHT = 46;

/** What the columns come to: the sum of the weights, and the output. */
export function drawFoot(foot: HTMLElement, { shown, step, columns, widths }: RowLook): void {
  const { value } = shown;
  const sum = value.weights.reduce((total, weight) => total + weight, 0);
  const isLater = !isComputed(step, Stage.softmax);
  const z = value.headOutput;
  const isDone = z !== undefined && isComputed(step, Stage.output);
  const place = (id: Column['id'], child: HTMLElement): HTMLElement => {
    const at = columns.findIndex(column => column.id === id) + 1;
    child.style.gridColumn = String(at);
    return child;
  };
  const output =
    z && isComputed(step, Stage.weightedSum)
      ? el(
          'div',
          { class: `stage-output ${step.stage === Stage.output && !step.into ? 'is-now' : ''}` },
          signedBars(z, limitOf([z]), widths.value, Z_HEIGHT),
        )
      : el('div', {
          class: 'stage-output is-empty',
          text: z ? 'z, not computed yet' : 'z, not captured',
        });
  if (!isDone) output.classList.add('is-later');
  fill(
    foot,
    place(
      'weight',
      el(
        'div',
        { class: 'foot-sum' },
        el('span', { text: isLater ? '' : `Σ ${number(sum, 3)}` }),
        el('b', { text: isDone ? `${Stage.output} Output` : '' }),
        el('span', { class: 'detail', text: isDone ? 'z = Σ α v' : '' }),
      ),
    ),
    place('value', output),
  );
}
