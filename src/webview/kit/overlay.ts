import { el, icon } from './dom';

/** A dialog over the panel with a title, a button that closes it, and room for what it is about. */
export interface Overlay {
  readonly dialog: HTMLDialogElement;
  readonly title: HTMLElement;
  readonly body: HTMLElement;
}

/**
 * Builds an overlay that also closes when people click beside it.
 * @param titleId id of its title, by which it is named
 */
export function createOverlay(titleId: string, text: string): Overlay {
  const body = el('div.help-body');
  const title = el('h2', { id: titleId, text });
  const close = el(
    'button.header-button',
    { title: 'Close', 'aria-label': 'Close', on: { click: () => dialog.close() } },
    icon('close'),
  );
  const dialog = el(
    'dialog.help',
    { 'aria-labelledby': titleId },
    el('div.help-head', title, el('span.spacer'), close),
    body,
  );
  dialog.addEventListener('click', event => {
    if (event.target === dialog) dialog.close();
  });
  return { dialog, title, body };
}
