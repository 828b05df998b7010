import type { Block } from '../../../protocol/capture';
import type { ListedIntervention } from '../../../protocol/intervention';
import type { Stack } from '../../../protocol/model';
import type { MenuGroup, MenuItem } from '../../kit/menu';
import type { Panel } from '../panel';
import { askDirection, askEdit, askEmbedding, askPatch } from './asking';
import { SIGNS, TITLES, type InterventionKind } from './kinds';
import {
  attentionSkipped,
  edgeBlocked,
  edgeForced,
  feedForwardSkipped,
  headOff,
  headScaled,
  patternsFrozen,
  stateScaled,
  type EdgePlace,
  type HeadPlace,
  type StatePlace,
} from './make';
import { refusalAt } from './support';

type Menus = Pick<Panel, 'store' | 'interventions' | 'actions'>;

/** An item that adds an intervention; it says why where the model cannot be changed so. */
function adding(
  { store, interventions }: Menus,
  kind: InterventionKind,
  one: ListedIntervention,
  text = TITLES[kind],
  keys?: string,
): MenuItem {
  const { capture } = store.state;
  const refusal = capture ? refusalAt(one.at, capture) : null;
  return {
    label: text,
    icon: SIGNS[kind],
    ...(keys === undefined ? {} : { keys }),
    ...(refusal === null ? {} : { refusal }),
    act: () => interventions.add(one),
  };
}

const asking = (
  kind: InterventionKind,
  act: () => Promise<void>,
  text = TITLES[kind],
  keys?: string,
): MenuItem => ({
  label: text,
  icon: SIGNS[kind],
  ...(keys === undefined ? {} : { keys }),
  act: () => void act(),
});

/** What can be done to a head. */
export const headMenu = (panel: Menus, place: HeadPlace): MenuGroup => {
  const name = `L${place.layer}H${place.head}`;
  return {
    name: 'Change the head',
    items: [
      adding(panel, 'off', headOff(place), `Switch off ${name}`, 'X'),
      adding(panel, 'scaled', headScaled(place), `Scale ${name}`),
    ],
  };
};

/** What can be done to a pair of tokens in heads of a layer. */
export const edgeMenu = (panel: Menus, place: EdgePlace): MenuGroup => ({
  name: 'Change the edge',
  items: [
    adding(panel, 'block', edgeBlocked(place), TITLES.block, 'E'),
    adding(panel, 'force', edgeForced(place), TITLES.force, 'Shift+E'),
  ],
});

/** What can be done to a token that a stack reads. */
export const tokenMenu = (panel: Menus, stack: Stack, token: number): MenuGroup => ({
  name: 'Change the token',
  items: [
    asking('token', () => askEdit(panel, stack, token), TITLES.token, 'F2'),
    asking('embedding', () => askEmbedding(panel, stack, token)),
    adding(panel, 'scaled', stateScaled({ stack, layer: 0, token }), 'Scale the embedding'),
    asking('steer', () =>
      askDirection(panel, { stack, layer: panel.store.state.locus?.layer ?? 0, token }),
    ),
  ],
});

/** What can be done to what the residual stream holds of a token before a layer. */
export const stateMenu = (panel: Menus, place: StatePlace): MenuGroup => ({
  name: `Change the state before L${place.layer}`,
  items: [
    adding(panel, 'scaled', stateScaled(place), 'Scale the state'),
    asking('patch', () => askPatch(panel, place), 'Patch from text B…'),
    asking('steer', () => askDirection(panel, place)),
  ],
});

/** What can be left out of a layer. */
export const layerMenu = (panel: Menus, block: Block, layer: number): MenuGroup => ({
  name: `Change layer ${layer}`,
  items: [
    adding(panel, 'skip', attentionSkipped(block, layer), `Skip the attention of L${layer}`),
    adding(panel, 'skip', feedForwardSkipped(block.stack, layer), `Skip the MLP of L${layer}`),
  ],
});

/** Everything that can be added at the locus, in the order of use. */
export function addMenu(panel: Menus): readonly MenuGroup[] {
  const { capture, locus } = panel.store.state;
  if (!capture || !locus) return [];
  const { block, layer, head, query, key } = locus;
  const state = { stack: block.stack, layer, token: query };
  const edge = key === null ? null : { block, layer, heads: [head], query, key };
  const noKey = { refusal: 'Choose a key first: Shift+Enter on a token.', act: () => undefined };
  const items: MenuItem[] = [
    adding(panel, 'off', headOff({ block, layer, head }), TITLES.off, 'X'),
    edge
      ? adding(panel, 'block', edgeBlocked(edge), TITLES.block, 'E')
      : { label: TITLES.block, icon: SIGNS.block, ...noKey },
    edge
      ? adding(panel, 'force', edgeForced(edge), TITLES.force, 'Shift+E')
      : { label: TITLES.force, icon: SIGNS.force, ...noKey },
    asking('token', () => askEdit(panel, block.stack, query), TITLES.token, 'F2'),
    asking('embedding', () => askEmbedding(panel, block.stack, query)),
    adding(panel, 'scaled', stateScaled(state), 'Scale a state (layer, token)'),
    asking('steer', () => askDirection(panel, state)),
    adding(panel, 'freeze', patternsFrozen(block, capture.text), 'Freeze all patterns from A'),
    asking('patch', () => askPatch(panel, state), 'Patch from text B…'),
    adding(panel, 'skip', attentionSkipped(block, layer), TITLES.skip),
    {
      label: 'Impose a mask',
      icon: 'lock',
      act: () => panel.actions.setOption({ view: 'masking' }),
    },
  ];
  return [{ name: 'Add an intervention', items }];
}
