import type { GivenFeeds } from '../../protocol/model';

export const FEED_USAGE = 'name=number[,number…]';
/** Numbers of one input. */
const MOST_NUMBERS = 1 << 16;

/** Reads `--feed name=value` options; undefined where one is not of that form. The last one of a name counts. */
export function parseFeeds(options: readonly string[]): GivenFeeds | undefined {
  const feeds = new Map<string, number | readonly number[]>();
  for (const option of options) {
    const at = option.lastIndexOf('=');
    const name = option.slice(0, Math.max(0, at));
    const numbers = option
      .slice(at + 1)
      .split(',')
      .map(asNumber);
    if (name === '' || numbers.length > MOST_NUMBERS || !numbers.every(Number.isFinite)) {
      return undefined;
    }
    const [only = 0] = numbers;
    feeds.set(name, numbers.length === 1 ? only : numbers);
  }
  return Object.fromEntries(feeds);
}

function asNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true' ? 1 : 0;
  return trimmed === '' ? NaN : Number(trimmed);
}
