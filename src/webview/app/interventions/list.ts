import type { CaptureSummary } from '../../../protocol/capture';
import { interventionsOf } from '../../../protocol/change';
import type { ErrorReport } from '../../../protocol/errors';
import { isOn, type Intervention, type InterventionEffect } from '../../../protocol/intervention';

export type InterventionList = readonly Intervention[];

/** What people see and do of the list, beside the list that the run was made with. */
export interface InterventionsState {
  /** What people made of it, until the run with it is on show; null where that is the run's own. */
  readonly wished: InterventionList | null;
  /** Place of the selected row. */
  readonly selected: number;
  /** What each does alone, as far as it is known; null where nobody asked. */
  readonly effects: Effects | null;
}

/** What each intervention of a run does alone to the output at one token. */
export interface Effects {
  readonly capture: string;
  readonly token: number;
  readonly known: readonly InterventionEffect[];
  readonly isRunning: boolean;
  readonly error: ErrorReport | null;
}

export const NO_INTERVENTIONS: InterventionsState = { wished: null, selected: 0, effects: null };

/** What of a state the list is read from. */
interface HasList {
  readonly capture: CaptureSummary | null;
  readonly interventions: InterventionsState;
}

const NONE: InterventionList = [];
const known = new WeakMap<object, InterventionList>();

/** The interventions that the run on show was made with, on and off. */
export function runList({ capture }: Pick<HasList, 'capture'>): InterventionList {
  if (!capture?.changes) return NONE;
  const list = known.get(capture) ?? interventionsOf(capture);
  known.set(capture, list);
  return list;
}

/** The list as people see it: as they left it, also before it was run. */
export const shownList = (state: HasList): InterventionList =>
  state.interventions.wished ?? runList(state);

/** Place of the selected row; undefined where the list is empty. */
export function selectedRow(state: HasList): number | undefined {
  const { length } = shownList(state);
  return length === 0 ? undefined : Math.min(state.interventions.selected, length - 1);
}

/** How many are on. */
export const countOn = (list: InterventionList): number => list.filter(isOn).length;

/** The same, on or off. */
export function switched({ kind, at, how, only }: Intervention, isOn: boolean): Intervention {
  return { kind, at, how, ...(only ? { only } : {}), ...(isOn ? {} : { on: false }) };
}

export const replaced = (
  list: InterventionList,
  place: number,
  one: Intervention,
): InterventionList => list.map((before, i) => (i === place ? one : before));

export const removed = (list: InterventionList, place: number): InterventionList =>
  list.filter((_, i) => i !== place);

/** The same with one moved to another place; the same list where there is none. */
export function moved(list: InterventionList, from: number, to: number): InterventionList {
  const one = list[from];
  if (!one || from === to || to < 0 || to >= list.length) return list;
  const rest = removed(list, from);
  return [...rest.slice(0, to), one, ...rest.slice(to)];
}

/** Whether two change the same in the same way, on or off. */
export function isSameIntervention(one: Intervention, other: Intervention): boolean {
  return JSON.stringify(switched(one, true)) === JSON.stringify(switched(other, true));
}
