import type { Panel } from '../panel';
import { isSingleHead } from '../../reading/place';
import { askEdit } from './asking';
import { edgeBlocked, edgeForced, headOff, type EdgePlace } from './make';

/** A key and what it does, as the list of keys has it. */
interface Key {
  readonly key: string;
  readonly does: string;
  act(): void;
}

/** Keys that change the run at the locus, from any view. */
export function interventionKeys(panel: Panel): Key[] {
  const { store, interventions, commands } = panel;
  const edge = (): EdgePlace | null => {
    const { locus } = store.state;
    if (!locus || locus.key === null) return null;
    const { block, layer, head, query, key } = locus;
    return { block, layer, heads: isSingleHead(locus) ? [head] : undefined, query, key };
  };
  return [
    {
      key: 'x',
      does: 'Switch the head off, or on again',
      act: () => {
        const { locus } = store.state;
        if (locus) interventions.toggle(headOff(locus));
      },
    },
    {
      key: 'e',
      does: 'Block the edge from the query to the key',
      act: () => {
        const place = edge();
        if (place) interventions.add(edgeBlocked(place));
      },
    },
    {
      key: 'E',
      does: 'Force that edge',
      act: () => {
        const place = edge();
        if (place) interventions.add(edgeForced(place));
      },
    },
    {
      key: 'f2',
      does: 'Edit the query’s token',
      act: () => {
        const { locus } = store.state;
        if (locus) void askEdit(panel, locus.block.stack, locus.query);
      },
    },
    {
      key: 'f9',
      does: 'Switch the selected intervention on or off',
      act: () => interventions.switch(),
    },
    {
      key: 'l',
      does: 'Show or hide the list of interventions',
      act: () => commands.run('intervene'),
    },
  ];
}
