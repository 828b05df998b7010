import type { CaptureSummary, InspectProgress } from '../../protocol/capture';
import type { InspectParams } from '../../protocol/inspector';
import type { RunState } from '../../protocol/panel';
import type { Basis } from './basis';
import type { InspectorClient } from './inspectorClient';
import type { FoundModel } from '../models/modelPaths';
import type { Subject } from '../subject/subject';
import { FILE_REMEDIES } from './remedies';

/** What an inspection asks of its surroundings. */
export interface InspectionContext {
  readonly client: Pick<InspectorClient, 'call' | 'release'>;
  /** The model to run. @throws InspectorError where the setting names none. */
  model(): Promise<Pick<FoundModel, 'path'> & Partial<Pick<FoundModel, 'reference'>>>;
  /** What a run follows beside its model and text: the settings, and a mask that is changed. */
  limits(): Omit<InspectParams, 'model' | 'text'>;
  /** The editor's text is no longer the one that was run. */
  isStale(): boolean;
  /** What a run with a model rests on now; nothing is watched where this is absent. */
  basis?(model: string): Promise<Basis>;
  /** Milliseconds that a run under way is given before another one ends it. */
  readonly patience?: number;
  /** Windows of a long text before the one that is run; 0 when absent. */
  window?(): number;
  changed(state: RunState): void;
  log(message: string): void;
}

/** How a run was made: it can be made again, and compared with what is chosen now. */
export interface Made {
  readonly params: InspectParams;
  readonly reference?: string | undefined;
  readonly basis?: Basis | undefined;
}

/** What a run found; a file has no `made`. */
export interface Found {
  readonly capture: CaptureSummary;
  readonly made?: Made;
}

/** What stands while nothing runs, and what it is of. */
export interface Settled {
  readonly state: Exclude<RunState, { kind: 'running' }>;
  readonly subject: Subject | undefined;
}

/** What is said where something is wished of a text and there is a file, or nothing. */
export const NEEDS_TEXT = {
  target:
    'A target belongs to a text that a model reads. Inspect a text with an encoder–decoder model first.',
  feeds: 'Inputs belong to a model that reads a text. Inspect a text with the model first.',
  interventions:
    'Interventions change a run of a model, and this one was read from a file, or there is none. Inspect a text first.',
  generation:
    'What is generated follows a text that a model reads. Inspect a text with a decoder or an encoder–decoder model first.',
} as const;

/** What a run begins with. */
export const OPENING: InspectProgress = { stage: 'loading', label: 'Opening the model' };

/** Whether a run failed, and nobody ended it. */
export const isRefusal = (state: RunState): boolean =>
  state.kind === 'failed' && state.error.code !== 'cancelled';

/** A file that cannot be shown has remedies of its own. */
export function ofSubject(subject: Subject | undefined, state: RunState): RunState {
  if (state.kind !== 'failed' || subject?.kind !== 'file') return state;
  return { ...state, remedies: FILE_REMEDIES };
}
