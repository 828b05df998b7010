import type { PairWeights } from '../../../protocol/capture';
import type { HeadFacts, HeadRole } from '../../../protocol/headFacts';
import { el, fill } from '../../kit/dom';
import { weight2, weight3 } from '../../reading/format';
import { headOff, type HeadPlace } from '../../app/interventions/make';
import { headMenu, layerMenu } from '../../app/interventions/menus';
import type { Panel } from '../../app/panel';
import { listenForMenu } from '../../kit/contextMenu';
import { factsOf, roleText } from '../../reading/roles';
import { isSingleHead, type Locus } from '../../reading/place';
import { roleGlyph } from './roleGlyph';
import { missingCell } from './missingCell';
import type { OverviewGeometry } from '../../draw/overviewGeometry';

/** Where the cells lie and which of them stand for a head. */
export interface HeadLayout extends OverviewGeometry {
  readonly names: number;
  /** Room above the first layer. */
  readonly above: number;
  readonly layers: readonly {
    readonly layer: number;
    readonly heads: number;
    /** From the first layer, in CSS pixels. */
    readonly top: number;
    readonly height: number;
    /** Why the layer is not shown; null where it is. */
    readonly missing: string | null;
    /** Its effective attention can be shown instead. */
    readonly hasEffective: boolean;
  }[];
  readonly mostHeads: number;
}

interface Cell {
  readonly layer: number;
  readonly head: number;
  readonly element: HTMLElement;
  /** Below the map: the glyph of the head's role and its score. */
  readonly caption: HTMLElement;
  /** The role in words; empty while it is not known. */
  role: string;
}

/** Boxes narrower than this have room for the glyph alone. */
const SCORE_FROM = 36;

/** The grid over the small maps: one tab stop, arrows move, Enter or a click chooses the head. */
export class HeadCells {
  readonly element = el('div.head-cells', {
    role: 'grid',
    'aria-label': 'Heads: rows are layers, columns are heads',
  });
  private cells: Cell[] = [];
  private laidOut = '';
  private locus: Locus | null = null;
  private pair: PairWeights | null = null;
  private facts: HeadFacts | null = null;
  private filter: readonly HeadRole[] = [];
  private keys = 0;
  private size = '';
  private isOff: (layer: number, head: number) => boolean = () => false;

  constructor(
    private readonly panel: Panel,
    private readonly caption: HTMLElement,
  ) {
    listenForMenu(this.element, event => {
      const cell = this.cellOf(event);
      const place = cell && this.placeOf(cell);
      if (!cell || !place) return null;
      return {
        name: `Layer ${cell.layer}, head ${cell.head}`,
        groups: [headMenu(panel, place), layerMenu(panel, place.block, cell.layer)],
        anchor: cell.element,
      };
    });
    this.element.addEventListener('click', event => this.choose(this.cellOf(event)));
    this.element.addEventListener('keydown', event => this.key(event));
    this.element.addEventListener('pointerover', event => this.name(this.cellOf(event)));
    this.element.addEventListener('pointerleave', () => this.name(null));
    this.element.addEventListener('focusin', event => this.name(this.cellOf(event)));
    this.element.addEventListener('focusout', () => this.name(null));
  }

  /** What the caption says while no head is pointed at. */
  describe(size: string): void {
    this.size = size;
    this.name(null);
  }

  /** Places the cells; they are made again only when the layout is another one. */
  layOut(layout: HeadLayout): void {
    const wanted = JSON.stringify(layout);
    if (wanted === this.laidOut) return;
    this.laidOut = wanted;
    this.cells = [];
    const headings = Array.from({ length: layout.mostHeads }, (_, head) =>
      this.place(el('div.head-name', { text: `H${head}`, role: 'columnheader' }), {
        left: layout.names + head * layout.stepX,
        top: 0,
        width: layout.boxWidth,
        height: layout.above,
      }),
    );
    const corner = el('div.visually-hidden', { text: 'Layer', role: 'columnheader' });
    const rows = layout.layers.map(({ layer, heads, missing, hasEffective, ...row }) => {
      const top = layout.above + row.top;
      const name = el('div', {
        class: missing === null ? 'layer-name' : 'layer-name is-missing',
        text: `L${layer}`,
        role: 'rowheader',
        'data-layer': layer,
      });
      this.place(name, { left: 0, top, width: layout.names - 7, height: row.height });
      const cells = Array.from({ length: heads }, (_, head) => {
        const element = el('div.head-cell', {
          role: 'gridcell',
          tabindex: -1,
          'data-layer': layer,
          'data-head': head,
        });
        const narrow = layout.boxWidth < SCORE_FROM ? ' glyph-only' : '';
        const caption = el('div', { class: `head-role${narrow}`, 'aria-hidden': 'true' });
        element.append(caption);
        this.cells.push({ layer, head, element, caption, role: '' });
        return this.place(element, {
          left: layout.names + head * layout.stepX,
          top,
          width: layout.boxWidth,
          height: layout.boxHeight,
        });
      });
      const why =
        missing === null
          ? null
          : this.place(missingCell(this.panel, layer, missing, hasEffective), {
              left: layout.names,
              top,
              width: layout.width,
              height: row.height,
            });
      return el('div', { role: 'row' }, name, ...cells, why);
    });
    fill(this.element, el('div', { role: 'row' }, corner, ...headings), ...rows);
    this.strike(this.isOff);
    this.characterise(this.facts, this.filter, this.keys);
  }

  /**
   * Writes each head's role below its map and dims the heads that `filter` leaves out.
   * @param keys how many keys there are, for where a sink's bar stands
   */
  characterise(facts: HeadFacts | null, filter: readonly HeadRole[], keys: number): void {
    this.facts = facts;
    this.filter = filter;
    this.keys = keys;
    for (const cell of this.cells) {
      const fact = facts && factsOf(facts, cell.layer, cell.head);
      const isOut = filter.length > 0 && fact !== null && !filter.includes(fact.role);
      cell.element.classList.toggle('is-filtered', isOut);
      cell.role = fact ? roleText(fact) : '';
      if (!fact) fill(cell.caption, '–');
      else {
        const place = fact.mostAttended / Math.max(1, keys - 1);
        const number = Number.isNaN(fact.score) ? null : el('span', weight2(fact.score));
        fill(cell.caption, roleGlyph(fact.role, place), number);
      }
    }
    if (this.locus) this.select(this.locus, this.pair);
  }

  /** Strikes the heads through that are switched off. */
  strike(isOff: (layer: number, head: number) => boolean): void {
    this.isOff = isOff;
    for (const { element, layer, head } of this.cells) {
      element.classList.toggle('is-off', isOff(layer, head));
    }
    if (this.locus) this.select(this.locus, this.pair);
  }

  /** Rings the head of the locus and names every head with the pair's weight. */
  select(locus: Locus, pair: PairWeights | null): void {
    this.locus = locus;
    this.pair = pair;
    const single = isSingleHead(locus);
    const focused = this.cells.find(({ element }) => element === document.activeElement);
    for (const { layer, head, element, role } of this.cells) {
      const off = this.isOff(layer, head) ? ', switched off' : '';
      const inLayer = layer === locus.layer;
      const here = inLayer && head === locus.head;
      element.classList.toggle('is-head', here && single);
      element.classList.toggle('is-layer', inLayer && !single);
      element.setAttribute('aria-selected', String(inLayer && (here || !single)));
      element.tabIndex = (focused ? focused.element === element : here) ? 0 : -1;
      const weight = pair?.weights[layer * pair.heads + head];
      const carried =
        weight === undefined || Number.isNaN(weight) ? '' : `, weight ${weight3(weight)}`;
      const does = role === '' ? '' : `, ${role}`;
      element.setAttribute('aria-label', `Layer ${layer}, head ${head}${off}${does}${carried}`);
      element.dataset['weight'] = carried === '' ? '' : weight2(weight ?? 0);
    }
    for (const name of this.element.querySelectorAll<HTMLElement>('.layer-name')) {
      name.classList.toggle('here', Number(name.dataset['layer']) === locus.layer);
    }
    this.element.querySelectorAll('.head-name').forEach((name, head) => {
      name.classList.toggle('here', head === locus.head && single);
    });
  }

  private place(
    element: HTMLElement,
    box: { left: number; top: number; width: number; height: number },
  ): HTMLElement {
    for (const [side, length] of Object.entries(box)) {
      element.style.setProperty(side, `${String(length)}px`);
    }
    return element;
  }

  private cellOf(event: Event): Cell | null {
    const target = event.target instanceof Element ? event.target.closest('.head-cell') : null;
    return this.cells.find(({ element }) => element === target) ?? null;
  }

  private placeOf({ layer, head }: Cell): HeadPlace | null {
    return this.locus && { block: this.locus.block, layer, head };
  }

  private choose(cell: Cell | null): void {
    if (cell) this.panel.actions.setHead(cell.layer, cell.head);
  }

  private name(cell: Cell | null): void {
    const weight = cell?.element.dataset['weight'];
    this.caption.textContent = cell
      ? [`layer ${cell.layer}, head ${cell.head}`, cell.role, weight ? `Q → K ${weight}` : '']
          .filter(Boolean)
          .join(' · ')
      : this.size;
  }

  private key(event: KeyboardEvent): void {
    const cell = this.cellOf(event);
    if (!cell || event.altKey) return;
    const place = event.key.toLowerCase() === 'x' ? this.placeOf(cell) : null;
    if (place && !event.ctrlKey && !event.metaKey) this.panel.interventions.toggle(headOff(place));
    else if (event.key === 'Enter' || event.key === ' ') this.choose(cell);
    else if (!this.move(cell, event)) return;
    event.preventDefault();
  }

  private move({ layer, head }: Cell, event: KeyboardEvent): boolean {
    const last = Number.MAX_SAFE_INTEGER;
    const targets: Record<string, [number, number]> = {
      ArrowRight: [layer, head + 1],
      ArrowLeft: [layer, head - 1],
      ArrowDown: [layer + 1, head],
      ArrowUp: [layer - 1, head],
      PageDown: [layer + 8, head],
      PageUp: [layer - 8, head],
      Home: [event.ctrlKey ? 0 : layer, 0],
      End: [event.ctrlKey ? last : layer, last],
    };
    const target = targets[event.key];
    if (!target) return false;
    const distance = (cell: Cell): number =>
      Math.abs(cell.layer - target[0]) * 1e6 + Math.abs(cell.head - target[1]);
    const nearest = this.cells.reduce<Cell | null>(
      (best, cell) => (best && distance(best) <= distance(cell) ? best : cell),
      null,
    );
    for (const { element } of this.cells) element.tabIndex = -1;
    if (nearest) {
      nearest.element.tabIndex = 0;
      nearest.element.focus();
    }
    return true;
  }
}
