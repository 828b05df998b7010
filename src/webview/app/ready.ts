import type { State } from './state';
import type { Store } from './store';

/** Name of the mark set when the first capture stands on the screen. */
const FIRST_PICTURE = 'attention:first-picture';

/**
 * Says on the body what is drawn: `empty`, `running`, `failed` or the id of the capture. Subscribe
 * this after every view, so that it speaks when they have drawn.
 */
export function announceReady(store: Store<State>): void {
  store.select(
    state => [state.run, state.capture, state.map, state.tiled, state.sliceError],
    (run, capture, map, tiled, sliceError) => {
      const { dataset } = document.body;
      if (run.kind !== 'ready') dataset['ready'] = run.kind;
      else if (sliceError) dataset['ready'] = 'failed';
      else if (capture?.id === run.capture.id) {
        dataset['ready'] = capture.id;
        const hasPicture = map !== null || (tiled !== null && tiled !== 'loading');
        if (hasPicture && performance.getEntriesByName(FIRST_PICTURE).length === 0) {
          performance.mark(FIRST_PICTURE);
        }
      }
    },
  );
}
