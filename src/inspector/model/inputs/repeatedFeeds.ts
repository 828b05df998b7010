import type { Feed, Feeds } from '../run';
import { elementsAt } from './elementsAt';

/** Feeds of one row as feeds of several, all alike and copies of it; what has no axis of rows stays as it is. */
export function repeatedFeeds(feeds: Feeds, rows: number): Feeds {
  const several = Object.entries(feeds).map(([name, feed]): [string, Feed] => {
    const { dims, data } = feed;
    if (dims.length < 2) return [name, feed];
    const at = (i: number) => i % data.length;
    const all = elementsAt(data, rows * data.length, at);
    return [name, { dims: [rows * (dims[0] ?? 1), ...dims.slice(1)], data: all }];
  });
  return Object.fromEntries(several);
}
