import { button, field } from '../kit/controls';
import { el } from '../kit/dom';
import type { Panel } from '../app/panel';

/**
 * For encoder–decoder models: what the decoder has written so far, typed or written by the model
 * itself. Running with it makes the decoder's queries.
 */
export function createTargetField({ store, actions }: Panel): HTMLElement {
  let draft = '';
  const run = (): void => actions.setTarget(draft);
  const text = field('Target text: what the decoder has written so far', {
    placeholder: 'What the decoder has written so far',
    onChange: value => (draft = value),
  });
  // Enter ends the change first, so that the draft is what stands in the field.
  text.element.addEventListener('keyup', event => {
    if (event.key === 'Enter') run();
  });
  const element = el(
    'section.target',
    { 'aria-label': 'Target text' },
    el('span.muted', 'Target'),
    text.element,
    button('Generate', () => actions.generateTarget(), { secondary: true }),
    button('Run', run, { secondary: true }),
  );
  store.select(
    state => [state.capture, state.run.kind],
    (capture, kind) => {
      const isTwofold = capture !== null && capture.model.stacks.length > 1;
      element.hidden = !isTwofold || capture.file !== undefined || kind === 'empty';
    },
  );
  store.select(
    state => [state.capture?.id, state.capture?.target],
    (_id, target = '') => {
      draft = target;
      text.show(target);
    },
  );
  return element;
}
