import { siteAt } from '../../reading/capture';
import { length, pausedIn } from './facts';
import { number } from '../../reading/numbers';
import { isComputed, Stage } from '../../app/choices/step';
import { el, fill } from '../../kit/dom';
import { counted, weight3 } from '../../reading/format';
import type { State } from '../../app/state';
import type { MaskKind } from '../../../protocol/model';

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly size?: string;
  /** The stage that gives it its value. */
  readonly stage: number;
}

/** The quantities of the computation with their values so far, as a debugger lists them. */
export function drawVariables(place: HTMLElement, state: State): void {
  const paused = pausedIn(state);
  if (!paused) return;
  const { value, capture, locus, step } = paused;
  const site = siteAt(capture, locus.block, locus.layer);
  const { headDim, weights, headOutput, allowed, bias, softCap, scale, keyHead, gate } = value;
  const keys = weights.length;
  const blocked = allowed.reduce((sum, one) => sum + 1 - one, 0);
  const isRoot = Math.abs(scale * Math.sqrt(headDim) - 1) < 1e-4;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const shares = site && site.keyHeads < site.heads;
  const variables: Variable[] = [
    { name: 'q', value: `‖q‖ = ${number(length(value.q), 2)}`, size: `${headDim}`, stage: 1 },
    { name: 'K', value: counted(keys, 'key'), size: `${keys} × ${headDim}`, stage: 1 },
    {
      name: 'V',
      value: value.v ? counted(keys, 'value') : 'not captured',
      size: `${keys} × ${headDim}`,
      stage: 1,
    },
    ...(shares
      ? [
          {
            name: 'key head',
            value: `${keyHead} of 0–${site.keyHeads - 1}`,
            size: `${site.heads} heads`,
            stage: 1,
          },
        ]
      : []),
    { name: 'd_k', value: String(headDim), stage: 1 },
    isRoot
      ? { name: '√d_k', value: number(Math.sqrt(headDim), 3), stage: 1 }
      : { name: 'scale', value: number(scale, 4), stage: 1 },
    ...(softCap === undefined ? [] : [{ name: 'cap', value: String(softCap), stage: Stage.scale }]),
    {
      name: 'M',
      value:
        blocked === 0
          ? `0, ${maskName(site?.mask)}`
          : `${maskName(site?.mask)}, ${counted(blocked, 'key')} blocked`,
      size: String(keys),
      stage: 1,
    },
    ...(bias ? [{ name: 'B', value: 'position bias', size: String(keys), stage: Stage.mask }] : []),
    { name: 'max', value: number(value.maximum, 3), stage: Stage.mask },
    { name: 'Z', value: number(value.normaliser, 3), stage: Stage.softmax },
    ...(value.sink
      ? [
          {
            name: 'sink',
            value: `${number(value.sink.term, 3)} of Z, ${weight3(value.sink.weight)} goes nowhere`,
            stage: Stage.softmax,
          },
        ]
      : []),
    {
      name: 'α',
      value: `sums to ${number(sum, Math.abs(sum - 1) < 1e-3 ? 0 : 3)}`,
      size: String(keys),
      stage: Stage.softmax,
    },
    {
      name: 'z',
      value: headOutput ? `‖z‖ = ${number(length(headOutput), 2)}` : 'not captured',
      size: String(headDim),
      stage: Stage.output,
    },
    ...(gate
      ? [{ name: 'g', value: gateText(gate), size: String(gate.length), stage: Stage.output }]
      : []),
  ];
  const list = el('dl.variables');
  for (const { name, value: text, size = '', stage } of variables) {
    const isNow = stage === step.stage && !step.into && stage > 1;
    list.append(
      el(
        'div',
        el('dt', name),
        el('dd', { class: isNow ? 'is-now' : '', text: isComputed(step, stage) ? text : '–' }),
        el('dd.size', size),
      ),
    );
  }
  fill(place, list);
}

function maskName(mask: MaskKind | undefined): string {
  if (mask?.kind === 'window') return `window of ${mask.before + mask.after + 1}`;
  return mask?.kind ?? 'unknown';
}

/** A gate's number, or the range of its numbers. */
function gateText(gate: Float32Array): string {
  const [least, most] = [Math.min(...gate), Math.max(...gate)];
  return gate.length === 1 ? number(least, 3) : `${number(least, 2)} to ${number(most, 2)}`;
}
