import { SCOPES, type Scope } from '../../app/choices/findings';
import { iconButton } from '../../kit/controls';
import { el, icon } from '../../kit/dom';
import { segmented } from '../../kit/segmented';
import { isStopping } from './stopField';
import type { FindingsPanel } from './wishes';

const SCOPE_NAMES: Readonly<Record<Scope, string>> = {
  all: 'All',
  text: 'This text',
  model: 'Model',
};

/** The heading of the list: which findings, check again, the filter, export. */
export function createToolbar({ store, findings, commands }: FindingsPanel): HTMLElement {
  const scope = segmented<Scope>('Findings of', chosen => findings.scope(chosen));
  const again = el(
    'button.text-button',
    { on: { click: () => findings.check() } },
    icon('refresh'),
    el('span', 'Check again'),
  );
  const toggle = iconButton('Filter (F)', 'filter', () =>
    findings.filtering(!store.state.findingsLook.isFiltering),
  );
  const stop = iconButton('Stop where a condition holds', 'debug-breakpoint-conditional', () => {
    findings.stopping(!isStopping(store.state));
  });
  const input = el('input.field.findings-filter', {
    type: 'text',
    'aria-label': 'Filter the findings',
    placeholder: 'Words of a finding',
    on: { input: () => findings.filter(input.value) },
  });
  input.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    findings.filtering(false);
    toggle.focus();
  });
  commands.answer('filterFindings', () => {
    findings.filtering(true);
    input.hidden = false;
    input.focus();
  });
  store.select(
    state => [state.findingsLook, state.options.findings, state.findings.kind],
    ({ isFiltering, filter }, options, kind) => {
      scope.show(
        SCOPES.map(value => ({ value, label: SCOPE_NAMES[value] })),
        options.scope,
      );
      const wasHidden = input.hidden;
      input.hidden = !isFiltering;
      toggle.setAttribute('aria-pressed', String(isFiltering));
      stop.setAttribute('aria-pressed', String(isStopping(store.state)));
      if (input.value !== filter) input.value = filter;
      if (wasHidden && isFiltering && document.activeElement === toggle) input.focus();
      again.hidden = kind !== 'ready';
    },
  );
  return el(
    'div.findings-tools',
    el(
      'div.findings-head',
      el('h2', 'Findings'),
      scope.element,
      el('span.spacer'),
      again,
      stop,
      toggle,
      iconButton('Export the list (Ctrl+S)', 'export', () => commands.run('export')),
    ),
    input,
  );
}
