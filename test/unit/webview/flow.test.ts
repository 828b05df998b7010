import assert from 'node:assert/strict';
import { flow, inWindow, nextInFlow } from '../../../src/webview/kit/flow';

const options = { available: 100, lineHeight: 20, gap: 4, keepsJoined: true };
const item = (width: number, joined = false) => ({ width, joined });

describe('flow', () => {
  it('breaks lines between items, and before joined ones only where they fit nowhere', () => {
    const { boxes, height } = flow([item(40), item(40), item(30), item(30, true)], options);
    assert.deepEqual(
      boxes.map(({ left, top }) => [left, top]),
      [
        [0, 0],
        [44, 0],
        [0, 20],
        [30, 20],
      ],
    );
    assert.equal(height, 40);
    const long = flow([item(60), item(60, true), item(60, true)], options);
    assert.deepEqual(
      long.boxes.map(({ top }) => top),
      [0, 20, 40],
    );
  });

  it('stands on one line without an end', () => {
    const { boxes, width } = flow([item(10), item(10), item(10, true)], {
      ...options,
      available: Infinity,
    });
    assert.deepEqual(
      boxes.map(({ left }) => left),
      [0, 14, 24],
    );
    assert.equal(width, 34);
    assert.equal(flow([], options).height, 0);
  });

  it('finds what a window shows, in lines and on one line', () => {
    const items = Array.from({ length: 50 }, () => item(46));
    const lines = flow(items, options);
    const window = { left: 0, right: 100, top: 30, bottom: 61 };
    assert.deepEqual(inWindow(lines, window), { from: 2, to: 8 });
    const line = flow(items, { ...options, available: Infinity });
    assert.deepEqual(inWindow(line, { left: 100, right: 201, top: 0, bottom: 20 }), {
      from: 2,
      to: 5,
    });
  });

  it('moves by arrows, pages and ends', () => {
    const { boxes } = flow(
      Array.from({ length: 12 }, () => item(30)),
      options,
    );
    const next = (key: string, from: number): number | null => nextInFlow(key, from, boxes);
    assert.equal(next('ArrowRight', 11), 11);
    assert.equal(next('ArrowLeft', 1), 0);
    assert.equal(next('ArrowDown', 1), 4);
    assert.equal(next('ArrowUp', 5), 2);
    assert.equal(next('ArrowUp', 1), 1);
    assert.equal(next('PageDown', 1), 9);
    assert.equal(next('End', 1), 11);
    assert.equal(next('a', 1), null);
  });
});
