import { elementsToBytes } from '../file/elements';
import { ElementType, type Node, type StoredTensor, type ValueInfo } from '../file/types';
import { makeNode } from '../file/writeModel';

/** A tensor through which positions enter, and how it becomes the same for all tokens. */
export interface PositionPoint {
  readonly tensor: string;
  /**
   * `firstRow`: rows `[…, tokens or positions, dims]` become copies of the first; `zero`: angles
   * become those of position 0; `unbiased`: what is added to the scores becomes 0, what blocks stays.
   */
  readonly becomes: 'firstRow' | 'zero' | 'unbiased';
}

/** Input that is true where every token is to have the same position. */
export const EQUAL_POSITIONS: ValueInfo = {
  name: 'attention_debugger/equal_positions',
  elementType: ElementType.bool,
  // Some operators take tables only whose shape is known beforehand.
  dims: [1],
};

/** Numbers that are larger than this block; no position bias is. */
const BLOCKS_ABOVE = 1e3;

/** What has to be added to a graph so that positions can be taken from one tensor of it. */
export interface PositionOverride {
  /** The tensor that gets replaced, and the name that the model's own value gets. */
  readonly tensor: string;
  readonly original: string;
  readonly nodes: readonly Node[];
  readonly constants: readonly StoredTensor[];
}

/** tensor = equal ? what all tokens share : the model's own. */
export function positionOverride({ tensor, becomes }: PositionPoint, i: number): PositionOverride {
  const original = `${tensor}/positions`;
  const name = (part: string) => `attention_debugger/${part}/positions/${i}`;
  const common = { tensor, original };
  const { name: equal } = EQUAL_POSITIONS;
  switch (becomes) {
    case 'firstRow':
      return {
        ...common,
        constants: [ints(name('from'), 0), ints(name('to'), 1), ints(name('axis'), -2)],
        nodes: [
          makeNode('Slice', [original, name('from'), name('to'), name('axis')], [name('first')]),
          makeNode('Where', [equal, name('first'), original], [tensor]),
        ],
      };
    case 'zero':
      return {
        ...common,
        constants: [],
        nodes: [
          makeNode('Sub', [original, original], [name('zero')]),
          makeNode('Where', [equal, name('zero'), original], [tensor]),
        ],
      };
    case 'unbiased':
      return {
        ...common,
        constants: [
          {
            name: name('limit'),
            dims: [],
            elementType: ElementType.float,
            data: { kind: 'inline', bytes: new Uint8Array(Float32Array.of(BLOCKS_ABOVE).buffer) },
          },
        ],
        nodes: [
          makeNode('Cast', [original], [name('wide')], { attributes: { to: ElementType.float } }),
          makeNode('Abs', [name('wide')], [name('size')]),
          makeNode('Less', [name('size'), name('limit')], [name('isOpen')]),
          makeNode('And', [equal, name('isOpen')], [name('isReplaced')]),
          makeNode('Sub', [original, original], [name('zero')]),
          makeNode('Where', [name('isReplaced'), name('zero'), original], [tensor]),
        ],
      };
  }
}

function ints(name: string, value: number): StoredTensor {
  const bytes = elementsToBytes([value], ElementType.int64) ?? new Uint8Array();
  return { name, dims: [1], elementType: ElementType.int64, data: { kind: 'inline', bytes } };
}
