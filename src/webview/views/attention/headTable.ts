import { shownHeadFacts } from '../../app/addresses';
import { el } from '../../kit/dom';
import { weight2 } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { factsOf, ROLE_NAMES } from '../../reading/roles';
import { drawTable } from '../../kit/table';

/** The overview as a table: every head with its role, score and entropy; of the filtered roles only. */
export function createHeadTable({ store }: Panel): HTMLElement {
  const element = el('div.table');
  store.select(
    state => [
      state.options.table,
      state.options.roles,
      shownHeadFacts(state),
      state.locus?.block.stack,
      state.locus?.block.kind,
    ],
    (open, roles) => {
      const facts = open ? shownHeadFacts(store.state) : null;
      if (!facts) {
        drawTable(element, null);
        return;
      }
      const rows: string[][] = [];
      facts.roles.forEach((_, at) => {
        const [layer, head] = [Math.floor(at / facts.heads), at % facts.heads];
        const fact = factsOf(facts, layer, head);
        if (!fact || (roles.length > 0 && !roles.includes(fact.role))) return;
        const score = Number.isNaN(fact.score) ? '–' : weight2(fact.score);
        rows.push([`L${layer} H${head}`, ROLE_NAMES[fact.role], score, fact.entropy.toFixed(2)]);
      });
      drawTable(element, {
        caption: `Roles of ${rows.length} heads, mean over the queries`,
        columns: ['Head', 'Role', 'Score', 'Entropy, bits'],
        rows,
      });
    },
  );
  return element;
}
