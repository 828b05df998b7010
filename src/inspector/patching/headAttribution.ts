import { InspectorError } from '../../protocol/errors';
import { layerCount } from '../../protocol/model';
import type { HeadAttribution, Measure } from '../../protocol/patching';
import { fromHead } from '../attention/outputStage';
import type { Capture } from '../capture/capture';
import { modelOf } from '../capture/madeWith';
import { checkIndex } from '../capture/mapSource';
import { outputsOf } from '../capture/outputs';
import { relativeDistance } from '../layers/finalNorm';
import { linearOutput } from '../layers/linearOutput';
import { streamParts } from '../layers/streamParts';
import { gatedHeads } from '../model/tensors/gate';
import type { ModelStore } from '../store/modelStore';

/**
 * What each head of the output's stack adds to a logit, or to the difference of two: its output · W_O
 * through the output head, the scale of the final normalisation held fixed (direct logit attribution,
 * Elhage et al. 2021). What later layers make of it is not in it.
 * @throws InspectorError `inputs-wrong` for a measure that is no sum; `not-captured` where the output is none
 */
export async function headAttribution(
  capture: Capture,
  { measure, token }: { readonly measure: Measure; readonly token: number },
  store: ModelStore,
): Promise<HeadAttribution> {
  const { summary, run } = capture;
  const outputs = outputsOf(capture);
  checkIndex('token', token, outputs.tokens);
  const valueOf = linear(measure, outputs.vocabulary);
  const output = await linearOutput(capture, token, store);
  const { stack, states, norm, tolerance } = output;
  const { layers: parts } = await streamParts(capture, stack, states, token, tolerance);
  const model = await modelOf(capture, store);
  const layers = layerCount(summary.model, stack);
  const sites = run.sites.filter(({ site }) => site.stack === stack && site.kind === 'self');
  const heads = Math.max(0, ...sites.map(({ site }) => site.heads));
  const direct = new Float32Array(layers * heads).fill(NaN);
  const missing: string[] = [];
  for (const { site, headOutput, gate } of sites) {
    const index = summary.model.sites.indexOf(site);
    const projection = model.projection(index);
    if ('missing' in projection || !headOutput) {
      const reason =
        'missing' in projection ? projection.missing : 'this run kept no outputs of its heads';
      missing.push(`The heads of layer ${site.layer} cannot be told apart: ${reason}.`);
      continue;
    }
    const given = gatedHeads(headOutput, gate);
    const each = Array.from({ length: site.heads }, (_, head) =>
      fromHead(given, projection, head, token),
    );
    const sum = (projection.bias ?? new Float32Array(projection.modelDim)).map((bias, d) =>
      each.reduce((total, part) => total + (part[d] ?? NaN), bias),
    );
    const added = parts[site.layer]?.attention ?? new Float32Array();
    if (!(relativeDistance(sum, added) <= tolerance)) {
      missing.push(
        `The heads of layer ${site.layer} cannot be told apart: their outputs · W_O are not what it adds to the residual stream.`,
      );
      continue;
    }
    const nothing = new Float32Array(projection.modelDim);
    const { dims, data } = await output.logitsOf([nothing, ...each.map(norm.apply)]);
    const [, vocabulary = 1] = dims;
    const of = (row: number) => valueOf(data.subarray(row * vocabulary, (row + 1) * vocabulary));
    for (let head = 0; head < site.heads; head++) {
      direct[site.layer * heads + head] = of(head + 1) - of(0);
    }
  }
  return { direct, layers, heads, missing };
}

/** The part of a measure that is a sum of logits. */
function linear(measure: Measure, vocabulary: number): (logits: Float32Array) => number {
  if (measure.kind === 'divergence') {
    throw new InspectorError(
      'inputs-wrong',
      'A KL divergence is no sum of what heads add: choose the logit difference of two tokens, or one token.',
    );
  }
  const { answer } = measure;
  const other = measure.kind === 'logitDifference' ? measure.other : undefined;
  for (const id of [answer, other])
    if (id !== undefined) checkIndex('vocabulary entry', id, vocabulary);
  return logits => (logits[answer] ?? NaN) - (other === undefined ? 0 : (logits[other] ?? NaN));
}
