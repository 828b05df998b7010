import { addressOf, question, type Question } from '../../app/answers';
import type { State } from '../../app/state';
import { measureOf, placeOf } from './wanted';

/** One head. */
export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

/** Where a path begins and where it ends. */
export interface PathEnds {
  readonly from: HeadPlace;
  readonly to: HeadPlace;
}

/** What asks for a path, and its name; null while there is nothing to patch, or the first head is not the earlier one. */
export function pathQuestion(
  state: State,
  { from, to }: PathEnds,
): { readonly question: Question<'path'>; readonly at: string } | null {
  const place = placeOf(state);
  const measure = measureOf(state);
  if (!place || !measure || from.layer >= to.layer) return null;
  const { a, b, block } = place.pair;
  const asked = question('path', {
    before: a.id,
    after: b.id,
    stack: block.stack,
    from,
    to,
    direction: state.options.patching.direction,
    measure,
    token: place.token,
  });
  return { question: asked, at: addressOf(asked) };
}

/** A head by its name, `L4H0`; null for anything else. */
export function headNamed(name: string): HeadPlace | null {
  const [, layer, head] = /^\s*L(\d+)\s*H(\d+)\s*$/i.exec(name) ?? [];
  return layer === undefined || head === undefined
    ? null
    : { layer: Number(layer), head: Number(head) };
}

export const headName = ({ layer, head }: HeadPlace): string => `L${layer}H${head}`;
