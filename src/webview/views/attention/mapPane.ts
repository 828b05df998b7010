import { COLOR_MAPS } from '../../color/maps';
import { SCALES } from '../../color/palette';
import { dropdown } from '../../controls';
import { el, icon } from '../../dom';
import type { Panel } from '../../panel';
import type { Aggregate } from '../../state';
import { shownScale } from '../../viewPalette';
import { segmented } from '../segmented';
import { headTitle } from './headTitle';
import { createHeatMap } from './heatMap';
import { createLegend } from './legend';
import { createMapTable } from './mapTable';
import { createPane } from '../pane';
import { createReadOut } from './readOut';

/** The large map with its tools, read-out and legend. */
export function createMapPane(panel: Panel): HTMLElement {
  const pane = createPane(panel, 'Map');
  pane.element.classList.add('map-pane');
  const legend = createLegend(panel);
  pane.body.append(
    createTools(panel),
    createHeatMap(panel, legend.stateDetail),
    createReadOut(panel),
    legend.element,
    createMapTable(panel),
  );
  panel.store.select(
    state => [state.locus],
    locus => {
      if (!locus) return;
      pane.title(headTitle(locus));
    },
  );
  return pane.element;
}

function createTools({ store, actions }: Panel): HTMLElement {
  const heads = segmented<Aggregate>('Heads of the layer', choice => actions.setAggregate(choice));
  const scale = dropdown('Scale', value =>
    actions.setOption({ scale: SCALES.find(name => name === value) ?? null }),
  );
  const colors = dropdown('Colour map', value =>
    actions.setOption({ colorMap: COLOR_MAPS.find(name => name === value) ?? 'Tide' }),
  );
  const special = toggle('bracket', 'Special tokens (T)', () =>
    actions.setOption({ specialTokens: !store.state.options.specialTokens }),
  );
  const table = toggle('table', 'Read as table (Shift+T)', () =>
    actions.setOption({ table: !store.state.options.table }),
  );
  const same = (name: string): { value: string; label: string } => ({ value: name, label: name });
  store.select(
    state => [state.locus?.aggregate],
    aggregate => {
      const segments = [
        { value: 'head' as const, label: 'Head', title: 'One head (A for the next)' },
        { value: 'mean' as const, label: 'Mean', title: 'Mean of the layer’s heads' },
        { value: 'max' as const, label: 'Max', title: 'Largest weight of the layer’s heads' },
      ];
      heads.show(segments, aggregate ?? 'head');
    },
  );
  store.select(
    state => [shownScale(state), state.options],
    (shown, options) => {
      scale.show(SCALES.map(same), shown);
      colors.show(COLOR_MAPS.map(same), options.colorMap);
      special.setAttribute('aria-pressed', String(options.specialTokens));
      table.setAttribute('aria-pressed', String(options.table));
    },
  );
  return el(
    'div',
    { class: 'tools' },
    heads.element,
    el('span', { class: 'spacer' }),
    scale.element,
    colors.element,
    special,
    table,
  );
}

function toggle(iconName: string, name: string, onClick: () => void): HTMLElement {
  return el(
    'button',
    {
      class: 'icon-button',
      title: name,
      attributes: { type: 'button', 'aria-label': name },
      on: { click: onClick },
    },
    icon(iconName),
  );
}
