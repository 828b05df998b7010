/** Tokens that PgUp and PgDn go over. */
const PAGE = 8;

/** The chip in the next visual line above or below that stands nearest. */
function acrossLines(index: number, chips: readonly HTMLElement[], direction: 1 | -1): number {
  const from = chips[index];
  if (!from) return index;
  const center = (chip: HTMLElement): number => chip.offsetLeft + chip.offsetWidth / 2;
  let best = index;
  let line: number | null = null;
  for (let i = index + direction; i >= 0 && i < chips.length; i += direction) {
    const chip = chips[i];
    if (!chip || chip.offsetTop === from.offsetTop) continue;
    line ??= chip.offsetTop;
    if (chip.offsetTop !== line) break;
    const [before, now] = [chips[best], Math.abs(center(chip) - center(from))];
    if (best === index || !before || now < Math.abs(center(before) - center(from))) best = i;
  }
  return best;
}

/** Where a key leads in a strip of tokens; null for keys that do not move. */
export function nextToken(
  key: string,
  index: number,
  chips: readonly HTMLElement[],
): number | null {
  const last = chips.length - 1;
  const clamp = (i: number): number => Math.max(0, Math.min(last, i));
  switch (key) {
    case 'ArrowRight':
      return clamp(index + 1);
    case 'ArrowLeft':
      return clamp(index - 1);
    case 'ArrowDown':
      return acrossLines(index, chips, 1);
    case 'ArrowUp':
      return acrossLines(index, chips, -1);
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
