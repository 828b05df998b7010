import type { State } from './state';
import { DEFAULT_OPTIONS } from './viewOptions';

/** Whether a view has a tab now, and why it cannot be opened where it has one that is dimmed. */
export type Presence = 'there' | 'absent' | { readonly reason: string };

interface Presentable {
  readonly id: string;
  presence?(state: State): Presence;
}

/** Whether a view has a tab; one that does not say is always there. */
export const presenceOf = (view: Presentable, state: State): Presence =>
  view.presence?.(state) ?? 'there';

/** The open view; the one that opens first where none is, or the one that was is not there any more. */
export const openView = <V extends Presentable>(views: readonly V[], state: State): V | undefined =>
  views.find(view => view.id === state.options.view && presenceOf(view, state) === 'there') ??
  views.find(view => view.id === DEFAULT_OPTIONS.view) ??
  views[0];
