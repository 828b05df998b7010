import type { State } from '../../app/state';
import { button } from '../../kit/controls';
import { el } from '../../kit/dom';
import { count } from '../../reading/format';
import { mapSize, partsWanted, patchAddress } from './wanted';
import type { PatchingPanel } from './wishes';

/** How far the maps have come, with a button that stops them; or one that has them computed. */
export function createPatchStatus({ store, patching, commands }: PatchingPanel): HTMLElement {
  const bar = el('progress', { max: 1 });
  const words = el('span', { role: 'status' });
  const stop = button('Cancel', () => patching.maps.cancel(), { secondary: true });
  const start = button('Run', () => patching.maps.again(), { secondary: true });
  commands.answer('stopPatching', () => patching.maps.cancel());
  const element = el('div.work-status', bar, words, stop, start);
  store.select(
    state => [state.patching.isRunning, state.patching.run, patchAddress(state)],
    isRunning => {
      const { state } = store;
      const { run } = state.patching;
      const isOwn = run !== null && run.at === patchAddress(state);
      const left = isOwn && run.isStopped ? missingCells(state) : 0;
      element.hidden = !isRunning && left === 0;
      bar.hidden = stop.hidden = !isRunning;
      start.hidden = isRunning;
      const { done, of } = rowsMade(state);
      bar.value = of > 0 ? done / of : 0;
      bar.setAttribute('aria-label', 'Rows computed');
      words.textContent = isRunning ? `${done} of ${of} rows` : run?.error ? '' : stopped(done);
      start.textContent = run?.error ? 'Try again' : `Run ${count(left)} patches`;
    },
  );
  return element;
}

const stopped = (done: number): string =>
  done > 0 ? 'Stopped: what is computed stays.' : 'Many patches: they are run when you ask.';

/** Rows that are there, of those that are wanted. */
function rowsMade(state: State): { readonly done: number; readonly of: number } {
  const size = mapSize(state);
  const parts = partsWanted(state.options.patching.heads).flat();
  const rows = [...(state.patching.run?.rows.keys() ?? [])];
  const isWanted = (name: string): boolean => parts.some(part => name.startsWith(`${part} `));
  return { done: rows.filter(isWanted).length, of: parts.length * (size?.layers ?? 0) };
}

/** Cells that are not computed. */
function missingCells(state: State): number {
  const size = mapSize(state);
  const { run } = state.patching;
  if (!size || !run) return 0;
  const rows = [...run.rows.keys()];
  return partsWanted(state.options.patching.heads)
    .flat()
    .filter(part => !run.done.has(part))
    .reduce((sum, part) => {
      const made = rows.filter(name => name.startsWith(`${part} `)).length;
      const isOfTokens = part.endsWith('Output') ? part !== 'headOutput' : part === 'residual';
      return sum + (size.layers - made) * (isOfTokens ? size.tokens : size.heads);
    }, 0);
}
