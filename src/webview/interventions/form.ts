import type { CaptureSummary } from '../../protocol/capture';
import { isOn, type Intervention, type Place, type Point } from '../../protocol/intervention';
import { selectedRow, shownList } from '../app/interventions/list';
import { readPairs, writePairs } from '../app/interventions/make';
import { plainCapture } from '../app/interventions/wanted';
import { stackOf, tokensAt, wordsOf } from '../app/interventions/words';
import type { Panel } from '../app/panel';
import { outputStack } from '../app/output';
import type { State } from '../app/state';
import { field } from '../kit/controls';
import { el, fill, icon, tokenSpan } from '../kit/dom';
import { sitesOf } from '../reading/capture';
import { weight2 } from '../reading/format';
import { label } from '../reading/tokenText';
import {
  choice,
  headsLine,
  layersLine,
  line,
  numberLine,
  onlyLine,
  tokenLine,
  without,
  type Change,
} from './formParts';
import { effectAt } from './rows';

/** Points whose numbers belong to heads. */
const OF_HEADS: readonly Point[] = [
  'query',
  'key',
  'value',
  'maskedScores',
  'weights',
  'headOutput',
];

/** The selected intervention as a form of its sentence; each choice runs the model again. */
export function createForm({ store, interventions }: Panel): HTMLElement {
  const element = el('section.intervention-form', { 'aria-label': 'Selected intervention' });
  let drawn = '';
  store.select(
    state => [state.capture, state.interventions, state.sides.before],
    () => {
      const { state } = store;
      const place = selectedRow(state);
      const one = shownList(state)[place ?? -1];
      element.hidden = !one;
      if (!one || place === undefined || !state.capture) {
        drawn = '';
        return;
      }
      const now = JSON.stringify([place, one, state.capture.id, effectAt(state, one)]);
      if (now === drawn) return;
      drawn = now;
      // The control that was used is made again: its follower has the focus.
      const at = [...element.querySelectorAll(FOCUSABLE)].indexOf(
        document.activeElement ?? element,
      );
      const change: Change = parts => {
        const { only, ...others } = { ...one, ...parts };
        interventions.replace(place, { ...others, ...(only ? { only } : {}) });
      };
      fill(element, ...content(state, state.capture, one, change));
      if (at >= 0) element.querySelectorAll<HTMLElement>(FOCUSABLE)[at]?.focus();
    },
  );
  return element;
}

const FOCUSABLE = 'vscode-dropdown, input, textarea, button';

function content(
  state: State,
  capture: CaptureSummary,
  one: Intervention,
  change: Change,
): HTMLElement[] {
  const plain = plainCapture(state) ?? capture;
  const words = wordsOf(one, plain);
  const effect = effectAt(state, one)?.divergence;
  const token = state.interventions.effects?.token;
  const { at } = one;
  const { tokens, keys } = tokensAt(at, plain);
  const hasKeys = at.point === 'maskedScores' || at.point === 'weights';
  const stack = stackOf(at, capture);
  const heads = Math.max(
    0,
    ...sitesOf(capture, { stack, kind: at.kind ?? 'self' }).map(site => site.heads),
  );
  const named = (numbers: readonly number[] | undefined, name: 'tokens' | 'keys'): void => {
    const others: Place = without(at, name);
    change({ at: numbers ? { ...others, [name]: numbers } : others });
  };
  const needsToken = at.point === 'token' || 'text' in one.how || 'id' in one.how;
  return [
    el(
      'div.form-head',
      el(
        'span',
        { class: isOn(one) ? 'intervention-dot on' : 'intervention-dot' },
        icon(isOn(one) ? 'circle-large-filled' : 'circle-large-outline'),
      ),
      el('h3', words.title),
      el('span.spacer'),
      ...(effect === undefined || token === undefined
        ? []
        : [
            el(
              'span.muted',
              `alone: KL ${weight2(effect)} at `,
              tokenSpan(label(capture.tokens[outputStack(capture)]?.[token])),
            ),
          ]),
    ),
    ...(at.point === 'token' || needsToken ? [] : [layersLine(one, capture, change)]),
    ...(OF_HEADS.includes(at.point) ? [headsLine(one, heads, change)] : []),
    ...(words.kind === 'skip' ? [partLine(one, change)] : []),
    tokenLine(
      hasKeys ? 'Query' : 'Token',
      tokens,
      at.tokens,
      numbers => named(numbers, 'tokens'),
      !needsToken,
    ),
    ...(hasKeys ? [tokenLine('Key', keys, at.keys, numbers => named(numbers, 'keys'))] : []),
    ...howLines(one, change),
    onlyLine(one, tokens[at.tokens?.[0] ?? 0]?.text ?? '', change),
    el('p.form-does', words.does),
  ];
}

/** Which part of a layer is skipped. */
function partLine({ at }: Intervention, change: Change): HTMLElement {
  const parts = [
    { value: 'attentionOutput', label: 'attention' },
    { value: 'feedForwardOutput', label: 'MLP' },
  ];
  return line(
    'Part',
    choice('Part', parts, at.point, value => {
      const { kind, ...others } = at;
      const isAttention = value === 'attentionOutput';
      change({
        at: isAttention
          ? { ...others, ...(kind ? { kind } : {}), point: 'attentionOutput' }
          : { ...others, point: 'feedForwardOutput' },
      });
    }),
  );
}

/** What the numbers become. */
function howLines({ how }: Intervention, change: Change): HTMLElement[] {
  if ('zero' in how || 'mean' in how) {
    const values = [
      { value: 'zero', label: 'zero' },
      { value: 'text', label: 'mean of the text' },
      { value: 'corpus', label: 'mean of a corpus' },
    ];
    const current = 'mean' in how ? how.mean : 'zero';
    return [
      line(
        'Becomes',
        choice('Becomes', values, current, value =>
          change({
            how: value === 'text' || value === 'corpus' ? { mean: value } : { zero: true },
          }),
        ),
      ),
    ];
  }
  if ('scale' in how) return [numberLine('Times', how.scale, scale => change({ how: { scale } }))];
  if ('force' in how) {
    return how.force.length === 1
      ? [numberLine('Weight', how.force[0] ?? 0, weight => change({ how: { force: [weight] } }))]
      : [];
  }
  if ('text' in how) {
    return [textLine('Entry', how.text, text => text !== '' && change({ how: { text } }))];
  }
  if ('from' in how && 'text' in how.from) {
    const { from } = how;
    return [textLine('Text B', from.text, text => change({ how: { from: { ...from, text } } }))];
  }
  if (!('add' in how)) return [];
  const { add, times = 1 } = how;
  const times_ = numberLine('Times', times, next => change({ how: { ...how, times: next } }));
  if (!('pairs' in add)) return [times_];
  const token = add.pairs[0]?.token ?? 0;
  return [
    times_,
    textLine(
      'Pairs',
      writePairs(add.pairs),
      lines => {
        const pairs = readPairs(lines, token);
        if (pairs) change({ how: { ...how, add: { pairs: [...pairs] } } });
      },
      true,
    ),
  ];
}

function textLine(
  name: string,
  value: string,
  take: (text: string) => unknown,
  isLong = false,
): HTMLElement {
  if (isLong) {
    const area = el('textarea.field', {
      'aria-label': name,
      on: { change: () => take(area.value) },
    });
    area.value = value;
    return line(name, area);
  }
  const control = field(name, { placeholder: '', onChange: take });
  control.show(value);
  return line(name, control.element);
}
