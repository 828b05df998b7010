import { button } from './controls';
import { el } from './dom';
import { createOverlay } from './overlay';

/** One line, or several, that people are asked for. */
export interface Asked {
  readonly label: string;
  /** What stands there at first. */
  readonly value?: string;
  readonly placeholder?: string;
  /** More than one line of text. */
  readonly isLong?: boolean;
}

/**
 * Asks for some words in a dialog; Enter in a line takes them.
 * @param explanation one sentence about what comes of them
 * @returns what stood in each field; undefined where people left the dialog
 */
export function ask(
  title: string,
  explanation: string,
  asked: readonly Asked[],
  verb: string,
): Promise<readonly string[] | undefined> {
  const { dialog, body } = createOverlay('ask-title', title);
  dialog.classList.add('ask');
  const fields = asked.map(({ label, value = '', placeholder = '', isLong }) => {
    const field = el(isLong ? 'textarea.field' : 'input.field', { placeholder });
    field.value = value;
    return { field, element: el('label.ask-field', el('span', label), field) };
  });
  return new Promise(resolve => {
    let taken: readonly string[] | undefined;
    const take = (): void => {
      taken = fields.map(({ field }) => field.value);
      dialog.close();
    };
    body.append(
      el('p.muted', explanation),
      ...fields.map(({ element }) => element),
      el(
        'div.buttons',
        button(verb, take),
        button('Cancel', () => dialog.close(), { secondary: true }),
      ),
    );
    body.addEventListener('keydown', event => {
      const isLine = event.target instanceof HTMLInputElement;
      if (event.key !== 'Enter' || (!isLine && !event.ctrlKey)) return;
      event.preventDefault();
      take();
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(taken);
    });
    (document.getElementById('app') ?? document.body).append(dialog);
    dialog.showModal();
    fields[0]?.field.select();
  });
}
