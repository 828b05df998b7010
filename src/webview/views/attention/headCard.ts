import type { Fact } from './modelFacts';
import { mapRefusal, shownHeadFacts } from '../../app/addresses';
import { keyTokens, siteAt } from '../../reading/capture';
import { el, fill, tokenSpan } from '../../kit/dom';
import { count, weight2 } from '../../reading/format';
import { GLOSSARY } from '../../reading/glossary';
import { cellsHold, groupingNote } from '../../draw/measure';
import type { Panel } from '../../app/panel';
import { factsOf, ROLE_RULES, roleText } from '../../reading/roles';
import { isSingleHead } from '../../reading/place';
import type { State } from '../../app/state';
import { keyUnits } from '../../reading/units';
import { modelFacts } from './modelFacts';
import { roleGlyph } from './roleGlyph';
import { headTitle } from './headTitle';
import { createSourceButton, createSourceNote } from '../../shell/goToSource';

/** What is known about the head on show, and about its layer's place in the model. */
export function createHeadCard(panel: Panel): HTMLElement {
  const { store } = panel;
  const title = el('h2');
  const facts = el('dl.facts');
  const model = el('dl.facts');
  const more = el('details.more', el('summary', 'Layer in the model'), model);
  store.select(
    state => [
      state.capture,
      state.locus,
      state.map,
      shownHeadFacts(state),
      state.options.grouping,
      mapRefusal(state),
    ],
    (capture, locus) => {
      const site = capture && locus && siteAt(capture, locus.block, locus.layer);
      if (!site) return;
      title.textContent = headTitle(locus);
      drawFacts(facts, headFacts(store.state, site.heads));
      drawFacts(model, modelFacts(site));
    },
  );
  return el(
    'div.section.head-card',
    el('div.pane-head', title, el('span.spacer'), createSourceButton(panel)),
    createSourceNote(panel),
    facts,
    more,
  );
}

function drawFacts(list: HTMLElement, facts: readonly Fact[]): void {
  fill(list, ...facts.map(([name, ...value]) => el('div', el('dt', name), el('dd', ...value))));
}

function headFacts(state: State, heads: number): Fact[] {
  const { capture, locus, options } = state;
  if (!capture || !locus) return [];
  const known = shownHeadFacts(state);
  const fact = isSingleHead(locus) && known ? factsOf(known, locus.layer, locus.head) : null;
  const most = mostAttended(state);
  const lastKey = Math.max(1, keyTokens(capture, locus.block).length - 1);
  const sinkPlace = (fact?.mostAttended ?? 0) / lastKey;
  const note = groupingNote(options.grouping);
  const rows: (Fact | null)[] = [
    locus.aggregate === 'head' ? null : ['Cells hold', cellsHold(locus, heads)],
    note === '' ? null : ['Grouping', note],
    fact && [
      'Role',
      el(
        'span.role-name',
        { title: ROLE_RULES[fact.role] },
        fact.role === 'none' ? null : roleGlyph(fact.role, sinkPlace),
        roleText(fact),
      ),
    ],
    fact && ['Mean entropy', number(`${fact.entropy.toFixed(2)} bits`)],
    most && ['Most attended key', tokenSpan(most.label), number(` ${weight2(most.received)}`)],
    fact && !Number.isNaN(fact.sink)
      ? ['Sink', el('span.number', { text: `mean ${weight2(fact.sink)}`, title: GLOSSARY.sink })]
      : null,
    fact && !Number.isNaN(fact.previous)
      ? ['Previous / current token', number(`${weight2(fact.previous)} / ${weight2(fact.current)}`)]
      : null,
    known && fact && known.sampledQueries < (state.map?.value.queries ?? 0)
      ? ['Measured on', `${count(known.sampledQueries)} queries`]
      : null,
  ];
  return rows.filter(row => row !== null);
}

const number = (text: string): HTMLElement => el('span.number', { text });

/** The key that receives most of what the map on show holds. */
function mostAttended(state: State) {
  const { capture, locus, map, options } = state;
  const received = map?.value.received;
  if (!capture || !locus || !received || received.length === 0) return null;
  if (mapRefusal(state) !== null) return null;
  const keys = keyUnits(capture, locus.block, options.grouping);
  if (received.length !== keys.length) return null;
  const most = received.reduce((best, value, i) => (value > (received[best] ?? 0) ? i : best), 0);
  return { label: keys.label(most, 14), received: received[most] ?? 0 };
}
