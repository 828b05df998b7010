import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { Capture } from '../capture/capture';
import type { SiteCapture } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import { relativeDistance } from './finalNorm';

/** What one layer adds to the residual stream at one token `[modelDim]`. */
export interface LayerParts {
  readonly attention: Float32Array;
  readonly cross?: Float32Array;
  readonly mlp: Float32Array;
}

/** The residual stream at one token as the sum of what was added to it `[modelDim]`. */
export interface StreamParts {
  readonly embedding: Float32Array;
  readonly layers: readonly LayerParts[];
}

/**
 * Takes the stream apart: its embeddings, and for each layer what attention adds, and what is left of
 * the step to the next state, which the MLP adds (Elhage et al. 2021).
 * @param states of the stack as `statesOf` gives them
 * @param tolerance largest difference of two streams that should be the same
 * @throws InspectorError `not-captured`
 */
export async function streamParts(
  capture: Capture,
  stack: Stack,
  states: readonly Tensor[],
  token: number,
  tolerance: number,
): Promise<StreamParts> {
  const attentions = attentionsOf(capture, stack, states.length - 1);
  const rows = states.map(({ dims, data }) => {
    const modelDim = dims[2] ?? 0;
    return data.slice(token * modelDim, (token + 1) * modelDim);
  });
  const [embedding = new Float32Array()] = rows;
  const additions = await capture.additionsAt(attentions.flat(), token);
  const added = [...additions];
  const layers = attentions.map((sites, layer) => {
    let stream: Float32Array = rows[layer] ?? new Float32Array();
    const parts = sites.map(({ site }) => {
      const { before, added: part } = added.shift() ?? { before: stream, added: stream };
      if (!(relativeDistance(before, stream) <= tolerance)) {
        throw unreadable(
          `the ${site.kind}-attention of ${stack} layer ${layer} adds to something else than the residual stream`,
        );
      }
      stream = plus(stream, part, 1);
      return part;
    });
    const [self, cross] = (['self', 'cross'] as const).map(
      kind => parts[sites.findIndex(({ site }) => site.kind === kind)],
    );
    const attention = self ?? new Float32Array(stream.length);
    const mlp = plus(rows[layer + 1] ?? new Float32Array(), stream, -1);
    return { attention, ...(cross ? { cross } : {}), mlp };
  });
  return { embedding, layers };
}

/**
 * The attentions of each layer in the order in which they are added: self, then cross; none in a layer
 * that has no attention.
 */
function attentionsOf(
  { run, summary }: Capture,
  stack: Stack,
  count: number,
): readonly (readonly SiteCapture[])[] {
  const { sites, withoutAttention = [] } = summary.model;
  const all = sites.filter(site => site.stack === stack);
  return Array.from({ length: count }, (_, layer) => {
    const here = all.filter(site => site.layer === layer);
    const isWithout = withoutAttention.some(one => one.stack === stack && one.layer === layer);
    if (here.length === 0 && !isWithout) {
      throw unreadable(`no attention was found in ${stack} layer ${layer}`);
    }
    return here
      .sort((a, b) => Number(a.kind === 'cross') - Number(b.kind === 'cross'))
      .map(site => {
        const found = run.sites.find(capture => capture.site === site);
        if (found) return found;
        throw unreadable(`the ${site.kind}-attention of ${stack} layer ${layer} is not shown`);
      });
  });
}

function plus(a: Float32Array, b: Float32Array, factor: 1 | -1): Float32Array {
  return a.map((value, i) => value + factor * (b[i] ?? NaN));
}

function unreadable(reason: string): InspectorError {
  return new InspectorError(
    'not-captured',
    `The residual stream cannot be taken apart: ${reason}. Choose another model or export.`,
  );
}
