import { ElementType, type Node, type StoredTensor, type ValueInfo } from '../file/types';
import { makeNode } from '../file/writeModel';
import { elementTypeOf } from '../graph/elementTypes';
import type { GraphIndex } from '../graph/graphIndex';
import type { FoundSite } from '../graph/site';

/** Input that is added to the masked scores of a site: -∞ blocks, 0 changes nothing. */
export function blockInput(site: number): string {
  return `attention_debugger/block/${site}`;
}

/** Input that is true where a query may attend although the model's own mask blocks it. */
export function allowInput(site: number): string {
  return `attention_debugger/allow/${site}`;
}

/** Masked scores below this are blocked by the model's mask. */
const blockedBelow = -1e3;

/** What has to be added to a graph so that the mask of a site can be replaced. */
export interface MaskOverride {
  /** The tensor that gets replaced, and the name that the model's own value gets. */
  readonly tensor: string;
  readonly original: string;
  readonly inputs: readonly ValueInfo[];
  readonly constants: readonly StoredTensor[];
  readonly nodes: readonly Node[];
}

/**
 * masked' = (allow and masked is blocked ? scores : masked) + block. An edge that is allowed anew has
 * its plain score with the soft cap, without position bias.
 */
export function maskOverride(
  index: GraphIndex,
  site: FoundSite,
  i: number,
): MaskOverride | undefined {
  const tensor = site.views.maskedScores?.tensor;
  const view = site.views.scores ?? site.unfinished?.scores;
  const factor = site.unfinished?.factor ?? 1;
  const scores = view?.tensor;
  if (!tensor || !scores || !index.producer(tensor)) return undefined;
  // Scores that are turned over, or multiplied with what only the graph knows, cannot be put in.
  if (view.layout.kind !== 'heads' || !Number.isFinite(factor)) return undefined;
  const original = `${tensor}/model`;
  const type = elementTypeOf(index, tensor);
  const name = (part: string) => `attention_debugger/${part}/${i}`;
  const plain = scores === tensor ? original : scores;
  const { softCap } = site;
  const float = { attributes: { to: ElementType.float } };
  const scaled = factor === 1 ? name('plain') : name('scaled');
  const finishing =
    factor === 1 && softCap === undefined
      ? []
      : [
          makeNode('Cast', [name('reshaped')], [name('plain')], float),
          ...(factor === 1 ? [] : [makeNode('Mul', [name('plain'), name('factor')], [scaled])]),
          ...(softCap === undefined
            ? []
            : [
                makeNode('Div', [scaled, name('cap')], [name('divided')]),
                makeNode('Tanh', [name('divided')], [name('tanh')]),
                makeNode('Mul', [name('tanh'), name('cap')], [name('capped')]),
              ]),
        ];
  return {
    tensor,
    original,
    inputs: [
      { name: blockInput(i), elementType: type },
      { name: allowInput(i), elementType: ElementType.bool },
    ],
    constants: [
      scalar(name('limit'), blockedBelow),
      ...(factor === 1 ? [] : [scalar(name('factor'), factor)]),
      ...(softCap === undefined ? [] : [scalar(name('cap'), softCap)]),
    ],
    nodes: [
      makeNode('Cast', [original], [name('masked')], { attributes: { to: ElementType.float } }),
      makeNode('Less', [name('masked'), name('limit')], [name('isBlocked')]),
      makeNode('And', [allowInput(i), name('isBlocked')], [name('isForced')]),
      makeNode('Shape', [original], [name('shape')]),
      makeNode('Reshape', [plain, name('shape')], [name('reshaped')]),
      ...finishing,
      makeNode('Cast', [finishing.at(-1)?.outputs[0] ?? name('reshaped')], [name('scores')], {
        attributes: { to: type },
      }),
      makeNode('Where', [name('isForced'), name('scores'), original], [name('forced')]),
      makeNode('Add', [name('forced'), blockInput(i)], [tensor]),
    ],
  };
}

function scalar(name: string, value: number): StoredTensor {
  const bytes = new Uint8Array(Float32Array.of(value).buffer);
  return { name, dims: [], elementType: ElementType.float, data: { kind: 'inline', bytes } };
}
