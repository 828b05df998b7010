import { type MaskChange, MOST_PADDING } from '../../../protocol/change';
import { checkbox, dropdown, field, numberField } from '../../kit/controls';
import { el, fill } from '../../kit/dom';
import type { MaskingOptions } from '../../app/choices/masking';
import { otherChoices, otherModel } from '../../app/comparison';
import { changeOf } from './maskingRuns';
import type { Panel } from '../../app/panel';
import type { Aggregate } from '../../reading/place';
import { segmented } from '../../kit/segmented';

/** Changes that can be chosen, and what each begins with. */
const CHANGES: readonly {
  readonly id: string;
  readonly label: string;
  readonly make: MaskChange;
}[] = [
  { id: 'causal', label: 'Impose causal mask', make: { kind: 'causal' } },
  { id: 'bidirectional', label: 'Lift the mask', make: { kind: 'bidirectional' } },
  { id: 'window', label: 'Impose a window', make: { kind: 'window', before: 2, after: 2 } },
  { id: 'left', label: 'Pad on the left', make: { kind: 'padding', side: 'left', count: 4 } },
  { id: 'right', label: 'Pad on the right', make: { kind: 'padding', side: 'right', count: 4 } },
];

const idOf = (change: MaskChange): string =>
  change.kind === 'padding' ? change.side : change.kind;

/** Widest window that can be asked for. */
const WIDEST = 4096;

/** Which mask the model is run with instead, and whether the difference is shown. */
export function createMaskControls({ store, actions }: Panel): HTMLElement {
  const set = (change: Partial<MaskingOptions>): void =>
    actions.setOption({ masking: { ...store.state.options.masking, ...change } });
  const choose = (change: MaskChange): void => set({ change, isChanged: true });
  const isChanged = checkbox('Run with this mask', isOn => set({ isChanged: isOn }), {
    hiddenLabel: true,
  });
  const kind = dropdown('Mask', id => {
    const made = CHANGES.find(change => change.id === id)?.make;
    if (made) choose(made);
  });
  const difference = checkbox('Show difference', isOn => set({ difference: isOn }));
  const details = el('div.mask-row.mask-details');
  let drawn = '';
  /** Fields stay while people type in them: they are made again only for another kind. */
  let show: (change: MaskChange) => void = () => undefined;
  const edit = (change: Partial<Record<'before' | 'after' | 'count' | 'unmasked', unknown>>) => {
    choose({ ...changeOf(store.state), ...change } as MaskChange);
  };
  const number = (name: string, part: 'before' | 'after' | 'count', from: number, to: number) =>
    numberField(name, { from, to, onChange: value => edit({ [part]: value }) });

  const build = (change: MaskChange): void => {
    if (change.kind === 'window') {
      const before = number('Keys back', 'before', 0, WIDEST);
      const after = number('Keys ahead', 'after', 0, WIDEST);
      fill(details, before.element, after.element);
      show = now => {
        if (now.kind !== 'window') return;
        before.show(now.before);
        after.show(now.after);
      };
    } else if (change.kind === 'padding') {
      const tokens = number('Padding tokens', 'count', 1, MOST_PADDING);
      const visible = checkbox('Leave visible', unmasked => edit({ unmasked }));
      fill(details, tokens.element, visible.element);
      show = now => {
        if (now.kind !== 'padding') return;
        tokens.show(now.count);
        visible.show(now.unmasked === true);
      };
    } else {
      fill(details);
      show = () => undefined;
    }
  };
  store.select(
    state => [state.options.masking, state.capture],
    masking => {
      const change = changeOf(store.state);
      isChanged.show(masking.isChanged);
      difference.show(masking.difference);
      kind.show(
        CHANGES.map(({ id, label }) => ({ value: id, label })),
        idOf(change),
      );
      if (change.kind !== drawn) build(change);
      drawn = change.kind;
      show(change);
      details.hidden = details.childElementCount === 0;
    },
  );
  return el(
    'div.mask-controls',
    el('div.mask-row', isChanged.element, kind.element, difference.element),
    details,
  );
}

const SEGMENTS = [
  { value: 'head' as const, label: 'Head', title: 'One head' },
  { value: 'mean' as const, label: 'Mean', title: 'Mean of the layer’s heads' },
  { value: 'max' as const, label: 'Max', title: 'Largest weight of the layer’s heads' },
];

/** One head or all of the layer; what exists for one run only falls back to the head and says so. */
export function createHeadChoice({ store, actions }: Panel): HTMLElement {
  const heads = segmented<Aggregate>('Heads compared', choice => actions.setAggregate(choice));
  const note = el('span.muted');
  store.select(
    state => [state.locus?.aggregate ?? 'head', state.locus?.head],
    (aggregate, head) => {
      const isShown = SEGMENTS.some(({ value }) => value === aggregate);
      heads.show(SEGMENTS, isShown ? aggregate : 'head');
      const what = aggregate === 'rollout' ? 'Rollout' : 'Norm-weighted';
      note.textContent = isShown
        ? ''
        : `${what} is not compared between runs: head ${head ?? 0} is shown.`;
    },
  );
  return el('div.mask-row', heads.element, note);
}

/** Not empty: a dropdown without a value takes the first entry that has one. */
const NONE = { value: 'none', label: 'No other run' };

/** Which model and text stand beside the main run. */
export function createOtherControls({ store, actions }: Panel): HTMLElement {
  const set = (change: Partial<MaskingOptions>): void =>
    actions.setOption({ masking: { ...store.state.options.masking, ...change } });
  const model = dropdown(
    'Model of the other run',
    value => void actions.setOther(value === NONE.value ? '' : value),
  );
  const text = field('Text of the other run', {
    placeholder: 'Same text',
    onChange: otherText => set({ otherText }),
  });
  store.select(
    state => [state.models, state.options.masking, state.capture],
    (_, { otherText }) => {
      const chosen = otherModel(store.state) ?? NONE.value;
      const none = chosen === NONE.value ? [NONE] : [];
      model.show([...none, ...otherChoices(store.state)], chosen);
      text.show(otherText);
    },
  );
  return el('div.mask-row', model.element, text.element);
}
