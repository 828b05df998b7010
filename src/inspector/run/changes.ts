import type { Change, ChangeKind, ChangeOf } from '../../protocol/change';
import type { ModelCard } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { changedMask, type ChangedMask } from './maskChange';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { StackTokens } from './modelInput';
import { equalPositionsNote, orderNotes, reordered } from './order';
import { padded, paddingMask } from './padding';
import type { AlignedTokenizer } from '../tokenizer/types';
import type { Feeds, RunOptions } from '../model/run';

/** How the changes of one kind are made: at one or more of the stations of a run. */
interface ChangeMaker<C extends Change> {
  /** The tokens that the first stack reads. @throws InspectorError `inputs-wrong` */
  tokens?(
    model: InstrumentedModel,
    tokenizer: AlignedTokenizer,
    tokens: readonly Token[],
    change: C,
  ): Promise<readonly Token[]>;
  /** Feeds beside the token ids. @param length of what the first stack reads */
  feeds?(model: InstrumentedModel, length: number, change: C): Feeds;
  /** What is computed, and the attentions as the run then has them. */
  computation?(card: ModelCard, tokens: StackTokens, change: C): ChangedMask;
  readonly options?: RunOptions;
  /** What people should know about such a run, one sentence each. */
  notes?(change: C): readonly string[];
}

/** The kinds, in the order in which they are made: padding stands around tokens that are in order. */
const makers: { readonly [K in ChangeKind]: ChangeMaker<ChangeOf<K>> } = {
  order: {
    tokens: async (_, __, tokens, { order }) => reordered(tokens, order),
    notes: ({ order }) => orderNotes(order),
  },
  equalPositions: { options: { equalPositions: true }, notes: () => [equalPositionsNote] },
  mask: {
    tokens: async (model, tokenizer, tokens, { mask }) =>
      mask.kind === 'padding' ? padded(model, tokenizer, tokens, mask) : tokens,
    feeds: (model, length, { mask }) =>
      mask.kind === 'padding' ? paddingMask(model, length, mask) : {},
    computation: (card, tokens, { mask }) => changedMask(card, tokens, mask),
  },
  // Made together, for what one makes of a number the next one gets: `interventions/make.ts`.
  intervention: {},
};

interface Made {
  readonly change: Change;
  readonly maker: ChangeMaker<Change>;
}

/** The changes with their makers, in the order in which they are made. */
function inOrder(changes: readonly Change[]): readonly Made[] {
  return Object.entries(makers).flatMap(([kind, maker]) =>
    changes.filter(change => change.kind === kind).map(change => ({ change, maker })),
  );
}

/** The tokens of a text as the first stack reads them. @throws InspectorError `inputs-wrong` */
export async function changedTokens(
  model: InstrumentedModel,
  tokenizer: AlignedTokenizer,
  plain: readonly Token[],
  changes: readonly Change[],
): Promise<readonly Token[]> {
  let tokens = plain;
  for (const { change, maker } of inOrder(changes)) {
    tokens = (await maker.tokens?.(model, tokenizer, tokens, change)) ?? tokens;
  }
  return tokens;
}

/** What a run with changes is made with, beside its tokens. */
export interface ChangedComputation extends ChangedMask {
  readonly feeds: Feeds;
  readonly options: RunOptions;
}

/** @throws InspectorError `inputs-wrong`, before anything runs */
export function changedComputation(
  model: InstrumentedModel,
  tokens: StackTokens,
  changes: readonly Change[],
): ChangedComputation {
  const length = tokens[model.card.stacks[0] ?? 'encoder']?.length ?? 0;
  let made: ChangedComputation = {
    interventions: [],
    sites: model.card.sites,
    notes: [],
    feeds: {},
    options: {},
  };
  for (const { change, maker } of inOrder(changes)) {
    const more = maker.computation?.({ ...model.card, sites: made.sites }, tokens, change);
    made = {
      interventions: [...made.interventions, ...(more?.interventions ?? [])],
      sites: more?.sites ?? made.sites,
      notes: [...made.notes, ...(more?.notes ?? [])],
      feeds: { ...made.feeds, ...maker.feeds?.(model, length, change) },
      options: { ...made.options, ...maker.options },
    };
  }
  return made;
}

/** What people should know about a run with these changes, one sentence each. */
export function changeNotes(changes: readonly Change[]): readonly string[] {
  return inOrder(changes).flatMap(({ change, maker }) => maker.notes?.(change) ?? []);
}
