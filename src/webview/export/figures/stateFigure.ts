import type { State } from '../../state';
import type { FigureSource, FigureTable, Picture } from '../figure';

/** A figure from what the view shows; none while `picture` gives null. */
export function stateFigure(
  id: string,
  title: (state: State) => string,
  picture: (state: State) => Picture | null,
  table: (state: State) => FigureTable,
  isThere: (state: State) => boolean,
): FigureSource {
  return {
    id,
    title: state => (isThere(state) ? title(state) : null),
    picture: ({ state }) => {
      const drawn = picture(state);
      return drawn ? Promise.resolve(drawn) : Promise.reject(new Error('There is no figure.'));
    },
    table: ({ state }) => Promise.resolve(table(state)),
  };
}
