import { math } from '../../kit/math';

const name = (text: string): Element => math('mi', { mathvariant: 'normal' }, text);
const letter = (text: string): Element => math('mi', {}, text);
const sign = (text: string): Element =>
  math('mo', { lspace: '1px', rspace: '1px', stretchy: 'false' }, text);
const digits = (text: string): Element => math('mn', {}, text);
const inline = (...children: Node[]): Element => math('math', { display: 'inline' }, ...children);

/** PE(p, 2i) = sin(p / 10000^(2i/d)); odd dimensions have the cosine (Vaswani et al. 2017). */
export const sinusoidalFormula = (): Element =>
  inline(
    name('PE'),
    sign('('),
    letter('p'),
    sign(','),
    digits('2'),
    letter('i'),
    sign(')'),
    sign('='),
    name('sin'),
    sign('('),
    letter('p'),
    sign('/'),
    math(
      'msup',
      {},
      digits('10000'),
      math('mrow', {}, digits('2'), letter('i'), sign('/'), letter('d')),
    ),
    sign(')'),
  );
