import { readFeed } from '../../protocol/feeds';
import type { GivenFeeds } from '../../protocol/model';

export const FEED_USAGE = 'name=number[,number…]';

/** Reads `--feed name=value` options; undefined where one is not of that form. The last one of a name counts. */
export function parseFeeds(options: readonly string[]): GivenFeeds | undefined {
  const feeds = new Map<string, number | readonly number[]>();
  for (const option of options) {
    const at = option.lastIndexOf('=');
    const value = readFeed(option.slice(at + 1));
    if (at < 1 || value === undefined) return undefined;
    feeds.set(option.slice(0, at), value);
  }
  return Object.fromEntries(feeds);
}
