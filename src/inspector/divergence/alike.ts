import { InspectorError } from '../../protocol/errors';
import { layerCount, type AttentionSite, type ModelCard, type Stack } from '../../protocol/model';
import type { ComparedStack } from './places';

/**
 * The stacks of two models that can be compared tensor by tensor, named as the first one has them.
 * @param hasLogits both give scores over one vocabulary
 * @throws InspectorError `inputs-wrong` where they have not the same shape
 */
export function stacksOf(
  a: ModelCard,
  b: ModelCard,
  hasLogits: boolean,
): readonly (ComparedStack & { readonly other: Stack })[] {
  if (a.stacks.length !== b.stacks.length) {
    throw unlike(a, b, a.stacks.join(' and '), b.stacks.join(' and '));
  }
  if (a.modelDim !== b.modelDim) {
    throw unlike(a, b, `${a.modelDim} numbers a token`, `${b.modelDim}`);
  }
  return a.stacks.map((stack, i) => {
    const other = b.stacks[i] ?? stack;
    const [layers, others] = [layerCount(a, stack), layerCount(b, other)];
    if (layers !== others) throw unlike(a, b, `${layers} layers`, `${others}`);
    const sites = a.sites.filter(site => site.stack === stack);
    // Keys that are no numbers look as if heads shared them: what one layer says is not enough.
    const pairs = sites.flatMap(site => {
      const twin = b.sites.find(
        one => one.stack === other && one.kind === site.kind && one.layer === site.layer,
      );
      return twin ? [[headsOf(site), headsOf(twin)] as const] : [];
    });
    const [first] = pairs;
    if (first && pairs.every(([mine, theirs]) => mine !== theirs)) throw unlike(a, b, ...first);
    const isLast = hasLogits && i === a.stacks.length - 1;
    const hasCross = sites.some(({ kind }) => kind === 'cross');
    return { stack, other, layers, hasCross, isLast };
  });
}

/** “12 heads of 64 numbers”, with those that share keys. */
function headsOf({ heads, keyHeads, headDim }: AttentionSite): string {
  const shared = keyHeads === heads ? '' : `, ${keyHeads} of keys,`;
  return `${heads} heads${shared} of ${headDim} numbers`;
}

function unlike(a: ModelCard, b: ModelCard, mine: string, theirs: string): InspectorError {
  return new InspectorError(
    'inputs-wrong',
    `${a.name} and ${b.name} cannot be compared tensor by tensor: the one has ${mine}, the other ${theirs}. Compare two files of one model.`,
  );
}
