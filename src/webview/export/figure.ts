import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import type { State } from '../state';
import type { Fact } from './provenance';

/** What a figure is made from: the state on show, and the host for exact numbers. */
export interface FigureContext {
  readonly state: State;
  readonly api: Pick<Caller<PanelApi>, 'call'>;
}

/** A drawing as SVG elements in a box of CSS pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly content: string;
  /** What the drawing leaves out or puts together; empty where it shows everything. */
  readonly note?: string;
}

/** Exact numbers, one entry a row. */
export interface FigureTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A figure of a view that can be saved as a file. */
export interface FigureSource {
  readonly id: string;
  /** What it shows, for the menu and the file's name; null while it is not on show. */
  title(state: State): string | null;
  /** What it is of, where that is not the run on show alone. */
  facts?(state: State): readonly Fact[];
  /** @throws InspectorError where it is too large */
  picture(context: FigureContext): Promise<Picture>;
  /** @throws InspectorError where it is too large, or the numbers are gone */
  table(context: FigureContext): Promise<FigureTable>;
}
