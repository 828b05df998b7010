import { el, hiddenCanvas } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { drawRamp } from '../../draw/pixels/swatches';
import { createPane } from '../../shell/pane';
import { drawTable, type TableContent } from '../../kit/table';

const RAMP_WIDTH = 84;

/** A figure of the Positions view: its words, its picture, what is read out of it, its legend and its table. */
export interface FigurePane {
  readonly element: HTMLElement;
  /** One line or formula below the title. */
  readonly words: HTMLElement;
  readonly picture: HTMLElement;
  /** One line below the picture: what is pointed at. */
  readonly reading: HTMLElement;
  readonly legend: HTMLElement;
  tag(text: 'this model' | 'reference' | ''): void;
  table(content: TableContent | null): void;
}

/** An empty figure with a title. */
export function createFigurePane(panel: Panel, title: string): FigurePane {
  const tag = el('span.scheme-tag');
  const pane = createPane(panel, title, tag);
  const words = el('p.muted.figure-words');
  const picture = el('div.figure-picture');
  const reading = el('p.figure-reading');
  const legend = el('div.legend');
  const table = el('div.table');
  pane.element.classList.add('figure-pane');
  pane.body.append(words, picture, reading, legend, table);
  return {
    element: pane.element,
    words,
    picture,
    reading,
    legend,
    tag: text => {
      tag.textContent = text;
      tag.hidden = text === '';
      tag.classList.toggle('own', text === 'this model');
    },
    table: content => drawTable(table, content),
  };
}

/** A colour map with its ends. */
export function rampItem(
  low: string,
  high: string,
  pixels: Uint32Array,
  note: string,
): HTMLElement {
  const ramp = hiddenCanvas();
  drawRamp(ramp, pixels, RAMP_WIDTH);
  return el(
    'span.legend-item',
    el('span.ramp-end', low),
    ramp,
    el('span.ramp-end', high),
    el('span', note),
  );
}

/** A line as the legend shows it. */
export const lineItem = (name: string, ink: 'own' | 'other'): HTMLElement =>
  el('span.legend-item', el('i', { class: `line-swatch ${ink}`, 'aria-hidden': 'true' }), name);
