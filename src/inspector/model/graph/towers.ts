import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import { findAttention } from '../../onnx/find/findAttention';
import type { Analysis } from '../../onnx/graph/analysis';
import { dependants } from '../../onnx/graph/otherTexts';
import type { InputShapes } from '../inputs/inputSignature';

/**
 * The input whose pixels are shown in place of a text: one that is given as `[batch, channels, height,
 * width]`, unless a text is given as well whose attention reads them.
 */
export function givenPicture(analysis: Analysis, shapes: InputShapes): string | undefined {
  const { roles } = analysis;
  const picture = [...roles].find(
    ([name, role]) => role === 'signal' && shapes[name]?.length === 4,
  )?.[0];
  const isTextGiven = [...roles].some(([name, role]) => role === 'tokens' && name in shapes);
  return picture !== undefined && isTextGiven && textReads(analysis, picture) ? undefined : picture;
}

/** Pixels that a tower beside the text's reads: none of the text's attention is computed from them. */
export function pictureBeside(analysis: Analysis): string | undefined {
  const readsText = [...analysis.roles.values()].includes('tokens');
  const signal = [...analysis.roles].find(([, role]) => role === 'signal')?.[0];
  return signal !== undefined && readsText && !textReads(analysis, signal) ? signal : undefined;
}

/** Whether the attention of the text was computed from another input. */
function textReads(analysis: Analysis, input: string): boolean {
  const from = dependants(analysis.index, input);
  return findAttention(analysis).sites.some(({ query, key }) =>
    [...query.sources, ...key.sources].some(source => from.has(source)),
  );
}

/**
 * Why a graph that reads pixels or sounds and no text is not shown, and what to do; undefined for others.
 * @param shapes of what was given
 */
export function towerError(
  name: string,
  roles: Analysis['roles'],
  shapes: InputShapes = {},
): InspectorError | undefined {
  const readsText = [...roles.values()].some(role => role === 'tokens' || role === 'hidden');
  const [signal] = [...roles].find(([, role]) => role === 'signal') ?? [];
  if (readsText || signal === undefined) return undefined;
  const input = `${shortened(name)} reads “${shortened(signal)}”`;
  const other = 'the file of the model that reads text (a decoder or a text tower)';
  const axes = shapes[signal]?.length;
  const sentence =
    axes !== undefined
      ? `${input}, which was given with ${axes} axes and is no picture [batch, channels, height, width]: choose ${other}`
      : /pixel|image/.test(signal)
        ? `${input} and no text: give its pixels to the command line with --inputs and its patches are shown, or choose ${other}`
        : `${input} and no text, as the tower of sounds does: choose ${other}`;
  return new InspectorError('model-unsupported', `${sentence}.`);
}
