import type { Computation } from '../../../protocol/computation';
import { number } from '../../reading/numbers';
import { Stage } from '../../app/choices/step';
import { math } from '../../kit/math';

const letter = (text: string, part = ''): Element =>
  math('mi', part === '' ? {} : { class: part }, text);
const word = (text: string): Element => math('mi', { mathvariant: 'normal' }, text);
const sign = (text: string): Element => math('mo', {}, text);
const bracket = (text: string): Element => math('mo', { stretchy: 'true' }, text);
const tight = (text: string): Element =>
  math('mo', { stretchy: 'false', lspace: '0', rspace: text === ',' ? '0.2em' : '0' }, text);

/** softmax(QKᵀ/√d + M) V as this model computes it, with the part that `stage` computes marked. */
export function formula({ scale, headDim, softCap, bias }: Computation, stage: number): Element {
  const part = (of: number, ...children: (Node | false)[]): Element =>
    math('mrow', of === stage ? { class: 'is-now' } : {}, ...children);
  const product = part(
    Stage.dotProduct,
    letter('Q', 'query'),
    math('msup', {}, letter('K', 'key'), word('T')),
  );
  const scores = scaled(product, scale, headDim, part);
  const capped =
    softCap === undefined
      ? scores
      : math(
          'mrow',
          {},
          math('mn', {}, number(softCap, softCap % 1 === 0 ? 0 : 2)),
          sign('·'),
          word('tanh'),
          bracket('('),
          math('mfrac', {}, scores, math('mn', {}, number(softCap, softCap % 1 === 0 ? 0 : 2))),
          bracket(')'),
        );
  return math(
    'math',
    { display: 'inline', displaystyle: 'true' },
    part(
      Stage.output,
      word('Attention'),
      tight('('),
      part(
        Stage.project,
        letter('Q', 'query'),
        tight(','),
        letter('K', 'key'),
        tight(','),
        letter('V', 'value'),
      ),
      tight(')'),
    ),
    sign('='),
    part(
      Stage.softmax,
      word('softmax'),
      bracket('('),
      capped,
      part(
        Stage.mask,
        sign('+'),
        letter('M'),
        bias !== undefined && sign('+'),
        bias !== undefined && letter('B'),
      ),
      bracket(')'),
    ),
    part(Stage.weightedSum, letter('V', 'value')),
  );
}

/** The product over √d, times the model's own factor, or as it is. */
function scaled(
  product: Element,
  scale: number,
  headDim: number,
  part: (of: number, ...children: Node[]) => Element,
): Element {
  if (scale === 1) return product;
  const isRoot = Math.abs(scale * Math.sqrt(headDim) - 1) < 1e-4;
  const dimension = math('msub', {}, letter('d'), letter('k'));
  if (isRoot) {
    return math('mfrac', {}, product, part(Stage.scale, math('msqrt', {}, dimension)));
  }
  return math('mrow', {}, part(Stage.scale, math('mn', {}, number(scale, 4)), sign('·')), product);
}
