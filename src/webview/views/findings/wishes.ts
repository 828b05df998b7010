import { toErrorReport } from '../../../protocol/errors';
import type { BreakpointHit } from '../../../protocol/breakpoints';
import { findingName, type ModelFinding } from '../../../protocol/findings';
import type { PanelApi } from '../../../protocol/panel';
import type { Caller, Params } from '../../../protocol/rpc';
import type { Actions } from '../../app/actions';
import type { FindingsLook, Scope } from '../../app/choices/findings';
import { FINDINGS_VIEW } from '../../app/findings';
import type { Interventions } from '../../app/interventions/interventions';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { sameBlock } from '../../reading/capture';
import { CODES } from './codes';
import { blockOf } from './place';
import { groupsOf, selectedRow, steppedRows, type GroupName, type Row } from './rows';

/** What the parts of the Findings view are given. */
export interface FindingsPanel extends Panel {
  readonly findings: FindingWishes;
}

/** Everything that people can do in the Findings view. */
export class FindingWishes {
  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly actions: Actions,
    private readonly interventions: Interventions,
  ) {}

  /** Checks the model, or checks it again. */
  check(): void {
    this.send('checkModel', {});
  }

  /** Ignores a finding for this model, or no longer. */
  pin(finding: ModelFinding, isPinned: boolean): void {
    this.send('pinFinding', { name: findingName(finding), isPinned });
  }

  /** Opens the file, or the place of the text, that a finding is about. */
  open(finding: ModelFinding): void {
    this.send('openFinding', { name: findingName(finding) });
  }

  /** Makes a row the one that is looked at. */
  select(key: string): void {
    this.look({ selected: key });
  }

  /** Goes to the next finding, or the one before, around the ends; opens the view. */
  step(step: 1 | -1): void {
    const { state } = this.store;
    const groups = groupsOf(state);
    const rows = steppedRows(groups);
    const now = rows.findIndex(({ key }) => key === selectedRow(state, groups)?.key);
    const isOpen = state.options.view === FINDINGS_VIEW;
    const at = isOpen && now >= 0 ? now + step : Math.max(0, now);
    const next = rows[(at + rows.length) % rows.length];
    if (!isOpen) this.actions.setOption({ view: FINDINGS_VIEW });
    if (!next) return;
    const group = groups.find(one => one.rows.includes(next));
    const { folded } = state.findingsLook;
    this.look({ selected: next.key, folded: folded.filter(id => id !== group?.id) });
  }

  /** Folds a group, or opens it. */
  fold(id: GroupName, isFolded: boolean): void {
    const others = this.store.state.findingsLook.folded.filter(one => one !== id);
    this.look({ folded: isFolded ? [...others, id] : others });
  }

  filter(filter: string): void {
    this.look({ filter });
  }

  /** Shows the field to filter with, or takes it away with what was filtered. */
  filtering(isFiltering: boolean): void {
    this.look({ isFiltering, ...(isFiltering ? {} : { filter: '' }) });
  }

  scope(scope: Scope): void {
    this.actions.setOption({ findings: { ...this.store.state.options.findings, scope } });
  }

  /** Sets the locus to where a finding is; tokens only where the run on show has the text's. */
  locate({ place }: ModelFinding): void {
    const { capture, locus, findings } = this.store.state;
    const block = capture && blockOf(place, capture);
    if (!capture || !locus || !block) return;
    if (!sameBlock(block, locus.block)) this.actions.setBlock(block);
    const { layer, head, token, key } = place;
    if (layer !== undefined && head !== undefined) this.actions.setHead(layer, head);
    else if (layer !== undefined) this.actions.setLayer(layer);
    const isOfText = findings.kind !== 'ready' || findings.capture === capture.id;
    if (isOfText && (token !== undefined || key !== undefined)) {
      this.actions.setPlace(block, token ?? null, key ?? null);
    }
  }

  /** Sets the locus and opens the view that owns the place. */
  goTo(finding: ModelFinding): void {
    this.locate(finding);
    this.actions.setOption({ view: CODES[finding.code].view });
  }

  /** Does what Enter does on a row. */
  enter(row: Row): void {
    if (row.kind === 'finding') this.goTo(row.finding);
    else if (row.kind === 'stop') this.goToStop(row.hit);
  }

  /** Goes to a place where the condition holds: a row of a head, or a state. */
  goToStop({ stack, kind, layer, head, token }: BreakpointHit): void {
    if (head === undefined) this.actions.setLayer(layer);
    else this.actions.goTo({ stack, kind, layer, head }, token);
    if (head === undefined) this.actions.setQueryOf(stack, token);
    this.actions.setOption({ view: head === undefined ? 'layers' : 'attention' });
  }

  /** Lists where a condition holds, in this run and in those that follow; empty ends that. */
  stopWhere(condition: string): void {
    this.actions.setOption({ findings: { ...this.store.state.options.findings, condition } });
  }

  /** Shows the field for a condition, or takes it away with its condition. */
  stopping(isStopping: boolean): void {
    this.look({ isStopping });
    if (!isStopping) this.stopWhere('');
  }

  /** Adds what would mend the run to its list of interventions, which opens. */
  impose({ impose }: ModelFinding): void {
    if (impose) this.interventions.add(...impose.interventions);
  }

  private look(change: Partial<FindingsLook>): void {
    this.store.set({ findingsLook: { ...this.store.state.findingsLook, ...change } });
  }

  private send<M extends 'checkModel' | 'pinFinding' | 'openFinding'>(
    method: M,
    params: Params<PanelApi, M>,
  ): void {
    this.api.call(method, params).catch((error: unknown) => {
      this.store.set({ wishError: toErrorReport(error) });
    });
  }
}
