import { readFeed } from '../../protocol/feeds';
import type { GivenFeeds, ModelCard, ModelInput } from '../../protocol/model';
import { field } from '../kit/controls';
import { el, fill } from '../kit/dom';
import { count } from '../reading/format';
import type { Panel } from '../app/panel';
import { createOverlay } from '../kit/overlay';

/**
 * The overlay that says what is known about the model of the run, and what each of its inputs is fed;
 * answers the command `modelCard`. A value that is changed makes a new run.
 */
export function createModelCard({ store, commands, actions }: Panel): HTMLElement {
  const { dialog, title, body } = createOverlay('model-card-title', 'Model');
  body.classList.add('model-card');
  const change = (name: string, value: GivenFeeds[string] | undefined): void => {
    const before = Object.entries(store.state.capture?.feeds ?? {});
    const others = Object.fromEntries(before.filter(([other]) => other !== name));
    dialog.close();
    actions.setFeeds(value === undefined ? others : { ...others, [name]: value });
  };
  commands.answer('modelCard', () => {
    const { capture } = store.state;
    if (!capture) return;
    const { model, feeds = {}, file } = capture;
    title.textContent = model.name;
    const canChange = file === undefined;
    fill(
      body,
      el('dl.model-facts', ...factsOf(model)),
      el('h3', 'Inputs'),
      ...(model.inputs ?? []).map(input =>
        inputRow(input, feeds[input.name], canChange ? change : undefined),
      ),
      !model.inputs && el('p.muted', 'This capture does not say what was fed.'),
    );
    if (!dialog.open) dialog.showModal();
  });
  return dialog;
}

function factsOf(model: ModelCard): HTMLElement[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Architecture', model.architecture],
    ['Precision', model.precision],
    ['Model dimension', count(model.modelDim)],
    ['Vocabulary', count(model.vocabulary)],
    ...(model.maximumPositions === undefined
      ? []
      : [['Most tokens', count(model.maximumPositions)] as const]),
  ];
  return facts.flatMap(([name, value]) => [el('dt', name), el('dd', { text: value })]);
}

function inputRow(
  { name, type, shape, fed, why, isText }: ModelInput,
  given: GivenFeeds[string] | undefined,
  change: ((name: string, value: GivenFeeds[string] | undefined) => void) | undefined,
): HTMLElement {
  const size = shape ? ` [${shape.map(dim => dim ?? '?').join(', ')}]` : '';
  const row = el(
    'section.model-input',
    { 'aria-label': name },
    el('b', name),
    el('span.muted', `${type}${size}`),
    el('span', `fed ${fed}: ${why}`),
  );
  if (!change || isText) return row;
  const problem = el('span.model-input-problem', { role: 'alert' });
  const value = field(`What ${name} is fed`, {
    placeholder: 'a number, or a list with commas',
    onChange: text => {
      const read = text.trim() === '' ? undefined : readFeed(text);
      const isWrong = text.trim() !== '' && read === undefined;
      problem.textContent = isWrong
        ? `“${text.slice(0, 40)}” is no number or list of numbers.`
        : '';
      if (!isWrong) change(name, read);
    },
  });
  value.show(given === undefined ? '' : String(given));
  row.append(value.element, problem);
  return row;
}
