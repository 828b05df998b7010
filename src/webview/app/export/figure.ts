import type { PanelApi } from '../../../protocol/panel';
import type { Caller } from '../../../protocol/rpc';
import type { Picture } from '../../draw/marks';
import type { State } from '../state';
import type { Fact, FigureTable } from '../../draw/file/figureTable';

/** What a figure is made from: the state on show, and the host for exact numbers. */
export interface FigureContext {
  readonly state: State;
  readonly api: Pick<Caller<PanelApi>, 'call'>;
}

type Made<T> = T | null | Promise<T | null>;

/** A figure of a view that can be saved as a file; null stands for nothing to save. */
export interface FigureSource {
  readonly id: string;
  /** What it shows, for the menu and the file's name; null while it is not on show. */
  title(state: State): string | null;
  /** What it is of, where that is not the run on show alone. */
  facts?(state: State): readonly Fact[];
  /** @throws InspectorError where it is too large */
  picture(context: FigureContext): Made<Picture>;
  /** @throws InspectorError where it is too large, or the numbers are gone */
  table(context: FigureContext): Made<FigureTable>;
}

/**
 * A figure whose picture and table need nothing but the state.
 * @param shownIn what it shows; nothing while it is not on show
 */
export function stateFigure<T>(
  id: string,
  shownIn: (state: State) => T | null | undefined | false,
  title: string | ((shown: T, state: State) => string),
  picture: (shown: T, state: State) => Picture | null,
  table: (shown: T, state: State) => FigureTable | null,
): FigureSource {
  const made = <R>(state: State, make: (shown: T, state: State) => R): R | null => {
    const shown = shownIn(state);
    return shown ? make(shown, state) : null;
  };
  return {
    id,
    title: state => made(state, typeof title === 'string' ? () => title : title),
    picture: ({ state }) => made(state, picture),
    table: ({ state }) => made(state, table),
  };
}
