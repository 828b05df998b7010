/** Something with a width that stands in a line. */
export interface FlowItem {
  readonly width: number;
  /** Stands close to the one before it. */
  readonly joined: boolean;
}

/** Where an item stands. */
export interface FlowBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

export interface Flow {
  readonly boxes: readonly FlowBox[];
  readonly width: number;
  readonly height: number;
  readonly lineHeight: number;
}

export interface FlowOptions {
  /** Width of a line; Infinity puts everything on one. */
  readonly available: number;
  /** Height of a line with the gap below it. */
  readonly lineHeight: number;
  readonly gap: number;
  /** Joined items go to the next line together where they fit there. */
  readonly keepsJoined: boolean;
}

/** Puts items one after the other into lines. */
export function flow(items: readonly FlowItem[], options: FlowOptions): Flow {
  const { available, lineHeight, gap, keepsJoined } = options;
  const boxes: FlowBox[] = [];
  let [right, top, widest] = [0, 0, 0];
  items.forEach((item, i) => {
    const left = right === 0 ? 0 : right + (item.joined ? 0 : gap);
    const needed = keepsJoined && !item.joined ? groupWidth(items, i) : item.width;
    const isFull = left > 0 && left + (needed <= available ? needed : item.width) > available;
    if (isFull) top += lineHeight;
    const box = { left: isFull ? 0 : left, top, width: item.width };
    boxes.push(box);
    right = box.left + item.width;
    widest = Math.max(widest, right);
  });
  return { boxes, width: widest, height: items.length === 0 ? 0 : top + lineHeight, lineHeight };
}

/** Width of an item and of those joined to it. */
function groupWidth(items: readonly FlowItem[], first: number): number {
  let width = items[first]?.width ?? 0;
  for (let i = first + 1; items[i]?.joined; i++) width += items[i]?.width ?? 0;
  return width;
}

/** Items `[from, to)` that a window on the flow shows. */
export function inWindow(
  { boxes, lineHeight }: Flow,
  window: { readonly left: number; readonly top: number; readonly right: number; bottom: number },
): { from: number; to: number } {
  const firstWhere = (holds: (box: FlowBox) => boolean): number => {
    let [low, high] = [0, boxes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const box = boxes[middle];
      if (box && holds(box)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const isLine = boxes.at(-1)?.top === 0;
  if (isLine) {
    return {
      from: firstWhere(box => box.left + box.width > window.left),
      to: firstWhere(box => box.left >= window.right),
    };
  }
  return {
    from: firstWhere(box => box.top + lineHeight > window.top),
    to: firstWhere(box => box.top >= window.bottom),
  };
}

/** Items that PgUp and PgDn go over. */
const PAGE = 8;

/** The box in the next line above or below that stands nearest. */
function acrossLines(index: number, boxes: readonly FlowBox[], direction: 1 | -1): number {
  const from = boxes[index];
  if (!from) return index;
  const distance = (box: FlowBox): number =>
    Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
  let best = index;
  let line: number | null = null;
  for (let i = index + direction; i >= 0 && i < boxes.length; i += direction) {
    const box = boxes[i];
    if (!box || box.top === from.top) continue;
    line ??= box.top;
    if (box.top !== line) break;
    const nearest = boxes[best];
    if (best === index || !nearest || distance(box) < distance(nearest)) best = i;
  }
  return best;
}

/** Where a key leads in a flow; null for keys that do not move. */
export function nextInFlow(key: string, index: number, boxes: readonly FlowBox[]): number | null {
  const last = boxes.length - 1;
  const clamp = (i: number): number => Math.max(0, Math.min(last, i));
  switch (key) {
    case 'ArrowRight':
      return clamp(index + 1);
    case 'ArrowLeft':
      return clamp(index - 1);
    case 'ArrowDown':
      return acrossLines(index, boxes, 1);
    case 'ArrowUp':
      return acrossLines(index, boxes, -1);
    case 'PageDown':
      return clamp(index + PAGE);
    case 'PageUp':
      return clamp(index - PAGE);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
