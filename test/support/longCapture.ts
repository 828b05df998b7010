import { Capture } from '../../src/inspector/capture/capture';
import type { ModelRun } from '../../src/inspector/model/run';
import type { Tensor } from '../../src/inspector/runtime/tensor';
import type { AttentionSite, MaskKind } from '../../src/protocol/model';
import type { Token } from '../../src/protocol/tokens';
import { seededRandom } from './seededRandom';

/** A capture of one layer that kept no maps: what a run of a long text leaves. */
export interface LongRecipe {
  readonly id: string;
  readonly tokens: readonly Token[];
  readonly headDim: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly mask: MaskKind;
  readonly seed: number;
  /** Standard deviation of the scores: the larger, the fewer keys hold a row's weight; 2 when absent. */
  readonly sharpness?: number;
}

/** Makes the capture; keys and queries are normally distributed, so that each row has a few strong keys. */
export function longCapture(recipe: LongRecipe): Capture {
  const { id, tokens, headDim, heads, keyHeads, mask, seed, sharpness = 2 } = recipe;
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const tensor = (count: number, deviation: number): Tensor => ({
    dims: [1, count, tokens.length, headDim],
    data: Float32Array.from(
      { length: count * tokens.length * headDim },
      () => deviation * normal(),
    ),
  });
  const site: AttentionSite = {
    stack: 'decoder',
    kind: 'self',
    layer: 0,
    heads,
    keyHeads,
    headDim,
    scale: 1 / Math.sqrt(headDim),
    mask,
    positional: { kind: 'rotary', base: 10_000, rotaryDim: headDim },
    check: { result: 'exact', worst: 3e-8 },
    graph: { operator: 'Softmax', node: '/layers.0/attention/Softmax' },
  };
  const run: ModelRun = {
    sites: [{ site, query: tensor(heads, sharpness), key: tensor(keyHeads, 1) }],
    hiddenStates: {},
    lastResidual: {},
    runTime: 0,
  };
  const summary = {
    id,
    model: {
      path: '/models/made',
      name: 'made',
      architecture: 'MadeModel',
      stacks: ['decoder' as const],
      sites: [site],
      modelDim: heads * headDim,
      vocabulary: 32_000,
      precision: 'float32' as const,
      fileSize: 0,
      outputCheck: { result: 'exact' as const, worst: 0 },
      notes: [],
    },
    text: tokens.map(token => token.text).join(' '),
    tokens: { decoder: tokens },
    totalTokens: tokens.length,
    sites: [site],
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
  };
  return new Capture(summary, run, () => Promise.reject(new Error('There is no model.')));
}

/** `count` tokens of which every seventh is made of signs that trouble text layout. */
export function longTokens(count: number): Token[] {
  const odd = ['\u202eab\u202c', 'שלום', '👩‍👩‍👧', '<b>', '\u0000', '漢字', 'é', '\u200b'];
  let end = 0;
  return Array.from({ length: count }, (_, index) => {
    const text = index % 7 === 3 ? (odd[index % odd.length] ?? '') : `w${index % 997}`;
    const start = end + (index > 0 ? 1 : 0);
    end = start + text.length;
    return {
      index,
      id: index,
      token: text,
      text,
      start,
      end,
      special: false,
      unknown: false,
      continues: false,
    };
  });
}
