import type { Locus } from '../reading/place';
import type { State } from './state';
import type { Store } from './store';

/** Places that are remembered. */
const REMEMBERED = 100;

/** The places where the locus of a capture has been, for going back and forward. */
export class LocusHistory {
  private places: Locus[] = [];
  private at = -1;
  private capture: string | undefined;

  constructor(private readonly store: Store<State>) {
    store.select(
      state => [state.capture, state.locus],
      (capture, locus) => {
        if (capture?.id !== this.capture) {
          this.capture = capture?.id;
          this.places = [];
          this.at = -1;
        }
        if (locus) this.visit(locus);
      },
    );
  }

  back(): void {
    this.go(this.at - 1);
  }

  forward(): void {
    this.go(this.at + 1);
  }

  private go(at: number): void {
    const locus = this.places[at];
    if (!locus) return;
    this.at = at;
    this.store.set({ locus, preview: null });
  }

  private visit(locus: Locus): void {
    const now = this.places[this.at];
    if (now === locus) return;
    // A place whose key was still being looked for is the same place.
    const settled = now?.key === null && sameQuery(now, locus);
    this.places.splice(settled ? this.at : this.at + 1);
    this.places.push(locus);
    this.places = this.places.slice(-REMEMBERED);
    this.at = this.places.length - 1;
  }
}

/** The back and forward buttons of a mouse, as `MouseEvent.button` numbers them. */
const BACK = 3;
const FORWARD = 4;

/** Lets the mouse's own buttons walk the history. */
export function listenToMouse(history: LocusHistory): void {
  document.addEventListener('mouseup', event => {
    if (event.button === BACK) history.back();
    else if (event.button === FORWARD) history.forward();
    else return;
    event.preventDefault();
  });
}

function sameQuery(a: Locus, b: Locus): boolean {
  return (
    a.layer === b.layer &&
    a.head === b.head &&
    a.query === b.query &&
    a.aggregate === b.aggregate &&
    a.block.stack === b.block.stack &&
    a.block.kind === b.block.kind
  );
}
