import { InspectorError } from '../../protocol/errors';
import type { AttentionSite, Stack } from '../../protocol/model';
import type { Positions, PositionScheme } from '../../protocol/positions';
import type { Capture } from '../capture/capture';
import { headDistances } from './headDistances';

/**
 * What a capture file still tells of positions: what its summary holds, and biases from its scores.
 * @throws InspectorError `not-captured` where that takes the weights of the model
 */
export async function storedPositions(
  capture: Capture,
  stack: Stack,
  sites: readonly AttentionSite[],
): Promise<Positions> {
  const kinds = new Set(sites.map(({ positional }) => positional.kind));
  const main = sites.find(({ positional }) => positional.kind !== 'none') ?? sites[0];
  if (!main) throw missing('its positions');
  return {
    stack,
    layers: sites.flatMap(({ layer, positional }) =>
      positional.kind === main.positional.kind ? [layer] : [],
    ),
    scheme: await schemeOf(capture, main),
    notes: [
      'Read from a capture file, which holds no weights of the model.',
      ...(kinds.size > 1 ? ['Other layers get positions in another way.'] : []),
    ],
  };
}

async function schemeOf(capture: Capture, site: AttentionSite): Promise<PositionScheme> {
  const { positional, headDim, heads } = site;
  switch (positional.kind) {
    case 'none':
      return { kind: 'none' };
    case 'rotary': {
      const { base, rotaryDim } = positional;
      if (base === undefined || rotaryDim === undefined) throw missing('its frequencies');
      const frequencies = Float32Array.from(
        { length: rotaryDim / 2 },
        (_, i) => base ** ((-2 * i) / rotaryDim),
      );
      return { kind: 'rotary', frequencies, headDim, rotaryDim, base };
    }
    case 'alibi':
      if (!positional.slopes) throw missing('its slopes');
      return { kind: 'alibi', slopes: Float32Array.from(positional.slopes) };
    case 'relativeBias': {
      const { buckets, maxDistance } = positional;
      return {
        kind: 'relativeBias',
        heads,
        ...(await measuredBias(capture, site)),
        ...(buckets === undefined ? {} : { buckets }),
        ...(maxDistance === undefined ? {} : { maxDistance }),
      };
    }
    case 'learned':
    case 'sinusoidal':
      throw missing('its table of positions');
    case 'unknown':
      throw missing('how it knows order');
  }
}

/** Masked scores less scores of every head by distance: what the model added. */
async function measuredBias(capture: Capture, { stack, layer, heads }: AttentionSite) {
  const site = capture.siteAt({ stack, kind: 'self' }, layer);
  if (!site.query || !site.key) throw missing('its bias');
  const each = [];
  for (let head = 0; head < heads; head++)
    each.push(await headDistances(capture, site, head, 'bias'));
  const [first] = each;
  const bias = Float32Array.from(
    each.flatMap(({ withPosition, withoutPosition }) =>
      Array.from(withPosition, (value, i) => value - (withoutPosition[i] ?? NaN)),
    ),
  );
  return { firstDistance: first?.firstDistance ?? 0, bias };
}

function missing(what: string): InspectorError {
  return new InspectorError(
    'not-captured',
    `A capture file holds no weights of the model, so ${what} cannot be shown. Inspect the text with the model itself to see them.`,
  );
}
