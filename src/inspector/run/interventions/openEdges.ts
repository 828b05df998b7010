import { isInside } from '../maskChange';
import type { Steps } from './steps';
import { wrong, type Target } from './target';

/**
 * Looks at the edges that interventions on masked scores block, once all are made.
 * @returns what people should know about edges that the model's own mask blocks already
 * @throws InspectorError `inputs-wrong` where a query has nothing left to attend to
 */
export function maskNotes({ at, site, heads, rows, keys = 0 }: Target, steps: Steps): string[] {
  if (at.point !== 'maskedScores' || !site) return [];
  const isBlocked = (head: number, row: number, key: number) => {
    let blocked = !isInside(site.mask, key - row);
    for (const step of steps.all) {
      const { isReplaced, added } = step.mapAt(head, row, key);
      if (isReplaced) blocked = false;
      if (added === -Infinity) blocked = true;
    }
    return blocked;
  };
  let already = 0;
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < rows; row++) {
      let open = 0;
      let closed = 0;
      for (let key = 0; key < keys; key++) {
        const isOurs = steps.all.some(step => step.mapAt(head, row, key).added === -Infinity);
        if (isOurs) closed++;
        if (isOurs && !isInside(site.mask, key - row)) already++;
        if (!isBlocked(head, row, key)) open++;
      }
      if (open === 0 && closed > 0) {
        throw wrong(
          `Head ${head} of ${at.stack} layer ${at.layer} has nothing left for token ${row} to attend to: leave it at least one key.`,
        );
      }
    }
  }
  if (already === 0) return [];
  const what = already === 1 ? '1 edge' : `${already.toLocaleString('en')} edges`;
  return [
    `In ${at.stack} layer ${at.layer}, ${what} of those that are blocked the model’s own mask blocks already.`,
  ];
}
