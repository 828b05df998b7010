import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import { weightsFolder } from '../../onnx/rewrite/instrument';
import { subgraph } from '../../onnx/rewrite/subgraph';
import { Session, toTensor, type SessionOptions } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import type { LoadedGraph } from '../graph/loadGraph';
import { completeFeeds } from '../inputs/feeds';
import { withOptions, type InputOptions } from '../inputs/inputSignature';
import { madePicture, patchAt, pixelAxes, type Patch, type Picture } from '../inputs/picture';

/** Tokens that are no patches: CLS, registers, prompts. */
const MOST_OTHERS = 64;
/** Smaller moves, relative to the largest one, are rounding. */
const ROUNDING = 1e-4;

/**
 * Finds which token is which patch of the picture by changing pixels: what leads to the first layer alone
 * is run, once for every bit of the numbers of rows and columns.
 * @param dims of the picture that is about to be run `[batch, …]`
 * @throws InspectorError `model-unsupported` where tokens are no patches; `inputs-wrong` for other shapes
 */
export async function withPatches(
  loaded: LoadedGraph,
  name: string,
  dims: readonly number[],
  options: SessionOptions & InputOptions,
): Promise<LoadedGraph> {
  const { streams } = loaded.streams;
  const first = streams.at(-1)?.beforeLayers.find(tensor => tensor !== undefined);
  const axes = pixelAxes(dims);
  if (first === undefined) throw refused(name, 'what goes into its first layer was not found');
  if (!axes) throw refused(name, `its shape [${dims.join(', ')}] has no axis of colours`);
  const signature = withOptions(loaded.signature, options);
  const cut = subgraph(loaded.analysis, [first]);
  const session = await Session.open(cut.bytes, weightsFolder(loaded.analysis.model), options);
  try {
    const states = async (isChanged: (at: number) => boolean) => {
      const feeds = completeFeeds(
        signature,
        { [name]: madePicture(dims.slice(1), isChanged) },
        true,
      );
      const used = Object.entries(feeds).filter(([input]) => cut.inputs.includes(input));
      const [output = ''] = cut.outputs;
      const tensor = (await session.run(Object.fromEntries(used), [output]))[output];
      if (tensor) return toTensor(tensor);
      throw refused(name, 'what goes into its first layer cannot be computed');
    };
    const picture = await patchesOf(name, dims.slice(1), axes, states);
    return { ...loaded, signature: { ...loaded.signature, ...lengthOf(loaded, picture) } };
  } finally {
    await session.release();
  }
}

function lengthOf({ signature }: LoadedGraph, picture: Picture) {
  return {
    picture,
    lengths: new Map([...signature.lengths, [picture.name, picture.patches.length]]),
  };
}

type States = (isChanged: (at: number) => boolean) => Promise<Tensor>;

async function patchesOf(
  name: string,
  dims: readonly number[],
  axes: Picture['axes'],
  states: States,
): Promise<Picture> {
  const plain = await states(() => false);
  const tokens = plain.dims.length === 3 ? (plain.dims[1] ?? 0) : 0;
  const [height = 0, width = 0] = [dims[axes.row - 1], dims[axes.column - 1]];
  for (const size of patchSizes(height, width, tokens)) {
    const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)];
    const grid = { name, dims, axes, size, rows, columns };
    const codesOf = async (place: keyof Patch, count: number) => {
      const codes = new Uint32Array(tokens);
      // Numbers from 1, so that every patch moves at least once.
      for (let bit = 0; 1 << bit <= count; bit++) {
        const changed = await states(at => ((patchAt(grid, at)[place] + 1) & (1 << bit)) !== 0);
        for (const token of moved(plain, changed)) codes[token] = (codes[token] ?? 0) | (1 << bit);
      }
      return codes;
    };
    const [down, across] = [await codesOf('row', rows), await codesOf('column', columns)];
    const patches = Array.from(down, (row, token): Patch | undefined => {
      const column = across[token] ?? 0;
      return row || column ? { row: row - 1, column: column - 1 } : undefined;
    });
    if (isWhole(patches, rows, columns)) return { ...grid, patches };
  }
  const reason =
    tokens < 2
      ? 'what goes into its first layer is no row for each patch'
      : `its ${tokens} tokens are not the patches of a grid: changed pixels move others, or several`;
  throw refused(name, reason);
}

/** Sizes of patches that make about as many of a picture as there are tokens, the smallest first. */
function patchSizes(height: number, width: number, tokens: number): readonly number[] {
  const sizes = Array.from({ length: Math.min(height, width) }, (_, i) => i + 1);
  return sizes.filter(size => {
    const others = tokens - Math.floor(height / size) * Math.floor(width / size);
    return others >= 0 && others <= MOST_OTHERS;
  });
}

/** Whether every patch of a grid is one token's. */
function isWhole(patches: readonly (Patch | undefined)[], rows: number, columns: number): boolean {
  const named = patches.filter(patch => patch !== undefined);
  const isInside = ({ row, column }: Patch) =>
    row >= 0 && row < rows && column >= 0 && column < columns;
  const different = new Set(named.map(({ row, column }) => row * columns + column));
  return (
    named.every(isInside) && different.size === rows * columns && named.length === different.size
  );
}

/** Tokens whose state moved. */
function moved(before: Tensor, after: Tensor): readonly number[] {
  const [, tokens = 0, width = 1] = before.dims;
  const by = new Float64Array(tokens);
  for (let at = 0; at < tokens * width; at++) {
    const token = Math.floor(at / width);
    const difference = Math.abs((after.data[at] ?? 0) - (before.data[at] ?? 0));
    if (difference > (by[token] ?? 0)) by[token] = difference;
  }
  const most = Math.max(...by);
  return Array.from(by.keys()).filter(token => most > 0 && (by[token] ?? 0) > ROUNDING * most);
}

function refused(name: string, reason: string): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `The patches of “${shortened(name)}” cannot be shown: ${reason}. Choose a vision transformer that cuts its picture into patches.`,
  );
}
