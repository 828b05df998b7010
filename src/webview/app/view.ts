import type { Questions } from './answers';
import type { FigureSource } from './export/figure';
import type { Panel } from './panel';
import type { Presence } from './presence';
import type { Phrase } from './sentence';
import type { RunsBeside } from './sideRuns';
import type { State } from './state';

/** A view over the capture: a tab and what it shows. It is asked and called only while it is open. */
export interface View {
  readonly id: string;
  readonly title: string;
  /** Title in narrow panels. */
  readonly short?: string;
  /** A few signs after the title that say what it is of. */
  readonly hint?: string;
  /** Whether it has a tab in a state; always where absent. */
  presence?(state: State): Presence;
  /** The digit that opens it: two that are hardly there at once share one. */
  readonly key: string;
  /** How much in it wants to be seen, beside the title; nothing for none. */
  badge?(state: State): number;
  /** What of it can be saved as a file. */
  readonly figures?: readonly FigureSource[];
  /** Runs beside the main one that it shows. */
  readonly runs?: RunsBeside;
  /** What stands in the band of tokens while it is open, made once; the text's tokens where absent. */
  strip?(panel: Panel): HTMLElement;
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
