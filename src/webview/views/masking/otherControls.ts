import { dropdown, field } from '../../controls';
import { el } from '../../dom';
import { SAME_MODEL, type MaskingOptions } from '../../masking/options';
import { otherModel } from '../../masking/sideWishes';
import type { Panel } from '../../panel';

const NONE = { value: '', label: 'Choose a model…' };
const SAME = { value: SAME_MODEL, label: 'Same model' };

/** Which model and text stand beside the main run. */
export function createOtherControls({ store, actions }: Panel): HTMLElement {
  const set = (change: Partial<MaskingOptions>): void =>
    actions.setOption({ masking: { ...store.state.options.masking, ...change } });
  const model = dropdown('Model of the other run', other => set({ other }));
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
      const chosen = otherModel(store.state) ?? '';
      model.show([...(chosen === '' ? [NONE] : []), SAME, ...known], chosen);
      text.show(otherText);
    },
  );
  return el('div', { class: 'mask-row' }, model.element, text.element);
}
