import { el, fill, tokenSpan } from '../kit/dom';
import { drawTable } from '../kit/table';
import { barLane, barParts, shareBar } from './weightBar';

/** One token of a ranking. */
export interface RankedToken {
  readonly token: number;
  readonly name: string;
  readonly value: number;
  readonly text: string;
  /** What stands after the number, such as a change of the prediction. */
  readonly note?: string;
}

export interface RankingContent {
  readonly caption: string;
  readonly columns: readonly [string, string, string];
  readonly ranked: readonly RankedToken[];
  /** The query, which is marked. */
  readonly query: number;
  /** Length of a full bar. */
  readonly largest: number;
  readonly table: boolean;
}

const SHOWN = 6;
const TABLE_ROWS = 10;

/** Tokens by a measure as bars, largest first; a click makes the token the query. */
export class Ranking {
  readonly element: HTMLElement;
  private readonly list = el('div.bars.ranking');
  private readonly place = el('div.table');

  constructor(private readonly choose: (token: number) => void) {
    this.element = el('div', this.list, this.place);
  }

  /** Draws the largest; nothing is left of what was there before. */
  show(content: RankingContent | null): void {
    const { ranked = [], largest = 1, query = -1 } = content ?? {};
    fill(
      this.list,
      ...ranked.slice(0, SHOWN).map(one => this.row(one, largest, one.token === query)),
    );
    drawTable(
      this.place,
      content?.table
        ? {
            caption: content.caption,
            columns: content.columns,
            rows: ranked
              .slice(0, TABLE_ROWS)
              .map(({ name, token, text, note }) => [
                name,
                String(token),
                note === undefined ? text : `${text}, ${note}`,
              ]),
          }
        : null,
    );
  }

  private row({ token, name, value, text, note }: RankedToken, largest: number, isHere: boolean) {
    const share = largest > 0 ? value / largest : 0;
    const label = document.createDocumentFragment();
    label.append(tokenSpan(name, isHere ? 'query' : ''), el('span.dim', ` ${token}`));
    return el(
      'button',
      {
        class: isHere ? 'ranked here' : 'ranked',
        title: note ?? `Make ${name} the query`,
        'aria-current': isHere ? 'true' : null,
        on: { click: () => this.choose(token) },
      },
      ...barParts(label, barLane(shareBar(share)), text),
    );
  }
}
