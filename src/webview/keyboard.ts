import type { Panel } from './panel';
import { SCALES } from './color/palette';
import { shownScale } from './viewPalette';

/** Controls that read letters themselves. */
const TYPING = 'input, textarea, select, vscode-dropdown';

/** The keys that act from any view; `1`, `2`, … open the views. */
export function listenToKeys({ store, actions }: Panel, views: readonly string[]): void {
  const nextScale = (): void => {
    const now = SCALES.indexOf(shownScale(store.state));
    actions.setOption({ scale: SCALES[(now + 1) % SCALES.length] ?? null });
  };
  const letters: Record<string, () => void> = {
    a: () => actions.cycleAggregate(),
    m: () => void actions.takeStrongestKey(),
    s: nextScale,
    t: () => actions.setOption({ specialTokens: !store.state.options.specialTokens }),
    ...Object.fromEntries(
      views.map((view, i) => [String(i + 1), () => actions.setOption({ view })]),
    ),
    T: () => actions.setOption({ table: !store.state.options.table }),
  };
  const withAlt: Record<string, () => void> = {
    ArrowUp: () => actions.stepLayer(-1),
    ArrowDown: () => actions.stepLayer(1),
    ArrowLeft: () => actions.stepHead(-1),
    ArrowRight: () => actions.stepHead(1),
  };
  const escape = (): void => {
    const { run, preview } = store.state;
    if (run.kind === 'running') actions.cancel();
    else if (preview) {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      actions.endPreview();
    } else actions.setKey(null);
  };
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    const act = event.altKey
      ? withAlt[event.key]
      : event.key === 'Escape'
        ? escape
        : letters[event.shiftKey ? event.key : event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
