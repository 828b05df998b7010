import { InspectorError } from '../../protocol/errors';
import type { InspectorApi } from '../../protocol/inspector';
import type { ReadName } from '../../protocol/methods';
import type { PanelApi, RunState, SideSlot } from '../../protocol/panel';
import type { CallOptions, Params, Result } from '../../protocol/rpc';
import type { Inspection } from './inspection';
import { SideRun, type SideContext } from './sideRun';

/** Methods that read captures. */
type ReadMethod = ReadName | 'probeLabels';

/** What the side runs ask of their surroundings. */
export interface SidesContext extends Omit<SideContext, 'main' | 'changed'> {
  readonly main: Pick<Inspection, 'capture' | 'lost'>;
  changed(slot: SideSlot, state: RunState): void;
}

/**
 * The runs beside the main one, and reading from all of them. A slot is open as long as a page looks
 * at it; captures that the inspector process lost are made again when they are asked for.
 */
export class SideRuns {
  private mainCapture: string | undefined;
  private readonly runs = new Map<SideSlot, SideRun>();
  /** Pages that look at a slot. */
  private readonly viewers = new Map<SideSlot, Set<object>>();

  constructor(private readonly context: SidesContext) {}

  /** The state of every slot, for a page that has just come. */
  get states(): readonly { readonly slot: SideSlot; readonly state: RunState }[] {
    return [...this.runs].map(([slot, { state }]) => ({ slot, state }));
  }

  /** Runs as `page` wishes; the outcome, good or bad, is the slot's state. */
  open(page: object, { slot, ...wish }: Params<PanelApi, 'runSide'>): void {
    const viewers = this.viewers.get(slot) ?? new Set();
    this.viewers.set(slot, viewers.add(page));
    const run = this.runs.get(slot) ?? this.newRun(slot);
    this.runs.set(slot, run);
    run.open(wish);
  }

  /** `page` no longer looks at a slot. */
  close(page: object, slot: SideSlot): void {
    const viewers = this.viewers.get(slot);
    if (viewers?.delete(page) && viewers.size === 0) this.runs.get(slot)?.close();
  }

  /** `page` is gone or hidden. */
  leave(page: object): void {
    for (const slot of this.runs.keys()) this.close(page, slot);
  }

  /** Whether a run that somebody looks at is under way. */
  get isRunning(): boolean {
    return [...this.runs.values()].some(({ state }) => state.kind === 'running');
  }

  /** Ends the runs that are under way. */
  cancel(): void {
    for (const run of this.runs.values()) run.cancel();
  }

  /** Follows the main run: what stands beside it is made again for each new capture. */
  mainChanged(): void {
    const id = this.context.main.capture?.id;
    if (id === undefined) return;
    const isNew = id !== this.mainCapture;
    this.mainCapture = id;
    for (const run of this.runs.values()) {
      if (isNew) run.mainChanged();
      else run.follow();
    }
  }

  /** Reads from captures of any run. @throws InspectorError `capture-missing` where one is lost. */
  async read<M extends ReadMethod>(
    method: M,
    params: Params<InspectorApi, M>,
    options: CallOptions = {},
  ): Promise<Result<InspectorApi, M>> {
    const captures = capturesOf(params as Captures);
    try {
      return await this.context.client.call(method, params, options);
    } catch (error) {
      if (error instanceof InspectorError && error.code === 'capture-missing') {
        for (const capture of captures) this.lost(capture);
      }
      throw error;
    }
  }

  private lost(capture: string): void {
    this.context.main.lost(capture);
    for (const run of this.runs.values()) run.lost(capture);
  }

  private newRun(slot: SideSlot): SideRun {
    return new SideRun({
      ...this.context,
      main: () => this.context.main.capture,
      changed: state => this.context.changed(slot, state),
    });
  }
}

type Captures = { readonly capture: string } | { readonly before: string; readonly after: string };

function capturesOf(params: Captures): readonly string[] {
  return 'capture' in params ? [params.capture] : [params.before, params.after];
}
