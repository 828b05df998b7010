import type { ComparedCell, FirstPlace } from '../../../protocol/firstDivergence';
import type { Actions } from '../../app/actions';
import type { AnswerLoader } from '../../app/answerLoader';
import type { DivergenceOptions } from '../../app/choices/divergence';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { ownerOf } from './parts';
import { shownProbe } from './report';
import { DivergenceRunner } from './runner';

/** What the parts of the Divergence view are given. */
export interface DivergencePanel extends Panel {
  readonly divergence: DivergenceWishes;
}

/** Everything that people can do in the Divergence view. */
export class DivergenceWishes {
  readonly runner: DivergenceRunner;

  constructor(
    private readonly store: Store<State>,
    private readonly actions: Actions,
    answers: AnswerLoader<State>,
  ) {
    this.runner = new DivergenceRunner(answers, store);
  }

  setOption(change: Partial<DivergenceOptions>): void {
    const { divergence } = this.store.state.options;
    this.actions.setOption({ divergence: { ...divergence, ...change } });
  }

  /** Opens the view that a tensor belongs to, with the locus at it. */
  open(cell: ComparedCell, worst?: FirstPlace['worst']): void {
    const { stack, attention, layer } = cell;
    const { capture } = this.store.state;
    if (!capture) return;
    const layers = capture.model.sites.filter(site => site.stack === stack);
    const last = Math.max(0, ...layers.map(site => site.layer));
    const at = layer === 'embeddings' ? 0 : layer === 'output' ? last : layer;
    this.actions.setPlace({ stack, kind: attention }, this.ownToken(worst?.token), null);
    if (worst?.head === undefined) this.actions.setLayer(at);
    else this.actions.setHead(at, worst.head);
    this.actions.setOption({ view: ownerOf(cell) });
  }

  /** Opens the residual stream of a token at what a layer wrote. */
  openToken(state: number, token: number): void {
    const query = this.ownToken(token);
    if (query !== null) this.actions.setQuery(query);
    this.actions.setLayer(Math.max(0, state - 1));
    this.actions.setOption({ view: 'layers' });
  }

  /** A token of the text; null for tokens of another probe. */
  private ownToken(token: number | undefined): number | null {
    return shownProbe(this.store.state)?.probe === 'text' ? (token ?? null) : null;
  }
}
