import { dropdown, field } from '../../controls';
import { el } from '../../dom';
import { SAME_MODEL, type MaskingOptions } from '../../masking/options';
import { otherModel } from '../../masking/sideWishes';
import type { Panel } from '../../panel';

/** Not empty: a dropdown without a value takes the first entry that has one. */
const NONE = { value: 'none', label: 'No other run' };
const SAME = { value: SAME_MODEL, label: 'Same model' };

/** Which model and text stand beside the main run. */
export function createOtherControls({ store, actions }: Panel): HTMLElement {
  const set = (change: Partial<MaskingOptions>): void =>
    actions.setOption({ masking: { ...store.state.options.masking, ...change } });
  const model = dropdown('Model of the other run', value =>
    set({ other: value === NONE.value ? '' : value }),
  );
  const text = field('Text of the other run', {
    placeholder: 'Same text',
    onChange: otherText => set({ otherText }),
  });
  store.select(
    state => [state.models, state.options.masking, state.capture],
    ({ choices }, { otherText }) => {
      const known = choices.map(({ reference, label, detail }) => ({
        value: reference,
        label,
        title: detail,
      }));
      const chosen = otherModel(store.state) ?? NONE.value;
      model.show([...(chosen === NONE.value ? [NONE] : []), SAME, ...known], chosen);
      text.show(otherText);
    },
  );
  return el('div', { class: 'mask-row' }, model.element, text.element);
}
