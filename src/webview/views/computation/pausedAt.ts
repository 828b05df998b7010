import { STAGES, type Step } from '../../computation/step';
import { el } from '../../dom';
import { isSingleHead } from '../../place';
import type { State } from '../../state';

/** Stage or dimension at which the computation is paused. */
export function pausedAt({ stage, into }: Step, headDim: number): (string | HTMLElement)[] {
  if (into) {
    const what = into.kind === 'product' ? 'q · k' : 'Σ α v';
    return [
      el('span', { class: 'wide', text: 'Paused inside ' }),
      el('b', { text: what }),
      `, dimension ${into.dimension} of 0–${headDim - 1}`,
    ];
  }
  return [
    el('span', { class: 'wide', text: 'Paused at ' }),
    el('b', { text: STAGES[stage - 1] ?? '' }),
    `, ${stage} of ${STAGES.length}`,
  ];
}

/** The other views may show several heads as one; there is no such computation. */
export function headNote({ locus }: State): string {
  if (!locus || isSingleHead(locus)) return '';
  return `Attention shows ${locus.aggregate}; this is head ${locus.head} alone.`;
}
