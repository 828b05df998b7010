import type { AttentionRow } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import type { Sequence } from '../app/actions';
import type { Palette } from '../draw/color/palette';
import { el } from '../kit/dom';
import { flow } from '../kit/flow';
import { VirtualFlow } from '../kit/virtualFlow';
import { label as tokenLabel } from '../reading/tokenText';
import { weightColor } from '../app/viewPalette';
import type { TokenGroups } from '../reading/groups';
import { groupChip, namesOver } from './chipGroups';
import { chipWidth, colorChip, createChip, markChip, weighChip } from './tokenChip';

/** What a line shows. */
export interface LineContent {
  readonly sequence: Sequence;
  readonly tokens: readonly Token[];
  readonly query: number | null;
  readonly key: number | null;
  readonly preview: readonly (number | null)[];
  readonly cursor: readonly number[];
  readonly row: AttentionRow | null;
  /** What the row's numbers are called. */
  readonly number: string;
  readonly palette: Palette;
  /** What the tokens belong to; null where they are one text. */
  readonly groups: TokenGroups | null;
}

/** Height of a line of chips with the gap below it, and the gap between chips. */
const LINE_HEIGHT = 50;
const GAP = 3;
/** What the names of groups take above a line. */
const NAME_HEIGHT = 14;

/** What the bars depend on besides their colours. */
const weighed = ['tokens', 'query', 'key', 'row', 'number'] as const;

let lines = 0;

/** The chips of a line of tokens: those in sight, with their marks and weights. */
export class LineChips {
  readonly flow: VirtualFlow;
  private readonly prefix = `line${lines++}`;
  private content: LineContent | null = null;
  private marked = new Set<number>();
  private active = 0;
  /** Weight of the row's strongest key; null where the line shows no weights. */
  private largest: number | null = null;
  /** Width that the name of a group has over the first of its chips in a line. */
  private names: ReadonlyMap<number, number> = new Map();

  constructor(
    private readonly line: HTMLElement,
    private readonly list: HTMLElement,
    private readonly showsWeights: boolean,
  ) {
    this.flow = new VirtualFlow(list, index => this.createChip(index));
  }

  /** Draws `content`; chips are built again only when the tokens are others. */
  show(content: LineContent, active: number): void {
    const before = this.content;
    this.content = content;
    const isWeighedAnew = !before || weighed.some(part => !Object.is(before[part], content[part]));
    if (isWeighedAnew) this.measureRow(content);
    if (before?.tokens !== content.tokens) {
      this.marked = new Set();
      this.active = active;
      this.flow.clear();
      this.layOut();
    }
    this.mark(active);
    if (isWeighedAnew) for (const [index, chip] of this.flow.shown) this.weigh(chip, index);
    else if (before.palette !== content.palette) this.recolor(content);
  }

  /** Puts the chips into lines of the width that there is. */
  layOut(): void {
    const available = this.flow.window.width;
    if (!this.content || available === 0) return;
    const wraps = getComputedStyle(this.list).getPropertyValue('--wraps').trim() === '1';
    const items = this.content.tokens.map((token, i) => ({
      width: chipWidth(token),
      joined: token.continues && i > 0,
    }));
    const { groups } = this.content;
    const lineHeight = LINE_HEIGHT + (groups ? NAME_HEIGHT : 0);
    const options = { lineHeight, gap: GAP, keepsJoined: false };
    const placed = flow(items, { ...options, available: wraps ? available : Infinity });
    this.names = groups ? namesOver(groups, placed.boxes) : new Map();
    this.line.classList.toggle('grouped', groups !== null);
    this.flow.show(placed);
    for (const [index, chip] of this.flow.shown) this.nameGroup(chip, index);
  }

  private createChip(index: number): HTMLElement {
    const token = this.content?.tokens[index];
    if (!token) return el('div');
    const chip = createChip(token, `${this.prefix}-${index}`, this.content?.tokens.length ?? 0);
    this.nameGroup(chip, index);
    if (this.marked.has(index)) this.markOne(index, chip);
    this.weigh(chip, index);
    return chip;
  }

  /** Shows what a chip belongs to: by its edge, and by name where the group, or a line of it, begins. */
  private nameGroup(chip: HTMLElement, index: number): void {
    const groups = this.content?.groups ?? null;
    groupChip(chip, this.content?.tokens[index], groups, index, this.names.get(index));
  }

  /** A chip's text, for little room. */
  label(index: number): string {
    const token = this.content?.tokens[index];
    return token ? tokenLabel(token, 14) : '';
  }

  /** Touches only the chips whose marks may have changed, so that a hover costs two and not all. */
  mark(active: number): void {
    const { content } = this;
    if (!content) return;
    this.active = active;
    const marked = new Set(
      [content.query, content.key, ...content.preview, ...content.cursor, active].filter(
        index => index !== null,
      ),
    );
    const touched = new Set([...this.marked, ...marked]);
    this.marked = marked;
    this.flow.keep([active]);
    for (const i of touched) {
      const chip = this.flow.shown.get(i);
      if (chip) this.markOne(i, chip);
    }
    this.list.setAttribute('aria-activedescendant', this.flow.shown.get(active)?.id ?? '');
  }

  private markOne(i: number, chip: HTMLElement): void {
    const { content } = this;
    const token = content?.tokens[i];
    if (!token) return;
    markChip(chip, token, {
      query: i === content.query,
      key: i === content.key,
      cursor: content.cursor.includes(i),
      preview: content.preview.includes(i),
      active: i === this.active,
    });
  }

  private measureRow({ row, tokens }: LineContent): void {
    const usable = this.showsWeights && row?.weights.length === tokens.length ? row : null;
    this.largest = usable ? usable.weights.reduce((most, one) => Math.max(most, one), 0) : null;
    this.line.classList.toggle('weighted', usable !== null);
  }

  private recolor({ row, palette }: LineContent): void {
    const { largest } = this;
    if (!row || largest === null) return;
    for (const [index, chip] of this.flow.shown) {
      if (row.allowed[index] === 0) continue;
      colorChip(chip, weightColor(palette, row.weights[index] ?? 0, largest));
    }
  }

  private weigh(chip: HTMLElement, index: number): void {
    const { content, largest } = this;
    const token = content?.tokens[index];
    if (!token) return;
    const value = largest === null ? undefined : content.row?.weights[index];
    if (value === undefined || largest === null) weighChip(chip, token, null);
    else if (content.row?.allowed[index] === 0) weighChip(chip, token, 'blocked');
    else {
      const color = weightColor(content.palette, value, largest);
      const name = content.number;
      weighChip(chip, token, { name, value, share: value / (largest || 1), color });
    }
  }
}
