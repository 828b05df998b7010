import type { Block, CaptureSummary } from '../../../protocol/capture';
import type { ListedIntervention, Point } from '../../../protocol/intervention';
import type { HeadPart } from '../../../protocol/patching';
import type { PatchCell } from '../../app/choices/patching';

/**
 * The patch of one cell as an intervention.
 * @param heads what of a head is patched
 * @param block whose numbers are patched
 * @param source the run that the numbers come from
 */
export function interventionAt(
  { map, layer, column }: PatchCell,
  heads: HeadPart,
  block: Block,
  source: CaptureSummary,
): ListedIntervention {
  const { text, target, model } = source;
  const point: Point = map === 'heads' ? heads : map;
  return {
    at: {
      ...(model.stacks.length > 1 ? { stack: block.stack } : {}),
      ...(block.kind === 'cross' ? { kind: block.kind } : {}),
      layer,
      point,
      ...(map === 'heads' ? { heads: [column] } : { tokens: [column] }),
    },
    how: { from: { text, ...(target === undefined ? {} : { target }) } },
  };
}
