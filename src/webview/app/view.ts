import type { Questions } from './answers';
import type { FigureSource } from './export/figure';
import type { Panel } from './panel';
import type { Phrase } from './sentence';
import type { RunsBeside } from './sideRuns';
import type { State } from './state';

/** The open view; the first one where none is. */
export const openView = <V extends { readonly id: string }>(
  views: readonly V[],
  { options }: State,
): V | undefined => views.find(({ id }) => id === options.view) ?? views[0];

/** A view over the capture: a tab and what it shows. It is asked and called only while it is open. */
export interface View {
  readonly id: string;
  readonly title: string;
  /** Title in narrow panels. */
  readonly short?: string;
  /** What of it can be saved as a file. */
  readonly figures?: readonly FigureSource[];
  /** Runs beside the main one that it shows. */
  readonly runs?: RunsBeside;
  /** What it wants to know of the host for a state. */
  questions?(state: State): Questions;
  /** What it says in words; empty where nothing is known: what it said before stays. */
  sentence(state: State): readonly Phrase[];
  /**
   * Makes its element, once.
   * @param sentence the band with its sentence, for a place in it
   */
  mount(panel: Panel, sentence: HTMLElement): HTMLElement;
}
