import assert from 'node:assert/strict';
import { COLOR_MAPS, colorRamp, divergingRamp } from '../../../src/webview/draw/color/maps';
import {
  createPalette,
  packPixel,
  SCALES,
  scalePosition,
} from '../../../src/webview/draw/color/palette';
import type { Rgb } from '../../../src/webview/draw/color/oklab';
import { weightCode } from '../../../src/protocol/weightCode';

const hex = (color: Rgb | undefined): string =>
  `#${(color ?? [0, 0, 0])
    .map(c =>
      Math.round(c * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;

/** Largest difference of two `#rrggbb` in any channel. */
const apart = (a: string, b: string): number =>
  Math.max(
    ...[1, 3, 5].map(i =>
      Math.abs(parseInt(a.slice(i, i + 2), 16) - parseInt(b.slice(i, i + 2), 16)),
    ),
  );

/** Relative luminance, near enough to lightness to check its order. */
const luminance = ([r, g, b]: Rgb): number =>
  0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2;

describe('colours', () => {
  it('Tide goes through its published colours', () => {
    const published = {
      dark: ['#222529', '#3d4f8e', '#218bc4', '#4cccc7', '#ecfcd4'],
      light: ['#f7fbfb', '#94d9d6', '#359ecd', '#3755a1', '#201b51'],
    };
    for (const [name, colors] of Object.entries(published)) {
      const ramp = colorRamp('Tide', name === 'dark');
      colors.forEach((color, i) => {
        const found = hex(ramp[Math.round((i / 4) * 255)]);
        assert.ok(apart(found, color) <= 3, `${name} ${i}: ${found}, published ${color}`);
      });
    }
  });

  it('every sequential map is monotone in luminance, from the background away', () => {
    for (const name of COLOR_MAPS) {
      for (const dark of [true, false]) {
        const values = colorRamp(name, dark).map(luminance);
        const rising = values.slice(1).every((value, i) => value >= (values[i] ?? 0) - 2e-3);
        const falling = values.slice(1).every((value, i) => value <= (values[i] ?? 0) + 2e-3);
        assert.ok(dark ? rising : falling, `${name} ${dark ? 'dark' : 'light'}`);
      }
    }
  });

  it('the diverging map has the background in its middle', () => {
    assert.ok(apart(hex(divergingRamp(true)[128]), '#292b2d') < 8);
    assert.ok(apart(hex(divergingRamp(false)[128]), '#f7fafa') < 8);
  });

  it('a weight has the colour of its code on every scale', () => {
    for (const scale of SCALES) {
      const palette = createPalette('Tide', true, scale);
      for (const weight of [0, 1e-6, 0.004, 0.13, 0.613, 1]) {
        const [r = 0, g = 0, b = 0] = (palette.css(weight).match(/\d+/g) ?? []).map(Number);
        const packed = packPixel([r / 255, g / 255, b / 255]);
        assert.equal(palette.pixels[weightCode(weight)], packed, `${scale} ${weight}`);
      }
      assert.equal(palette.pixels[0], 0, 'blocked is not a colour');
    }
  });

  it('scales run from the floor to one', () => {
    assert.deepEqual(
      [0, 1e-3, 0.1, 1].map(weight => Math.round(scalePosition(weight, 'Log') * 1000) / 1000),
      [0, 0, 0.667, 1],
    );
    assert.deepEqual(
      [0, 0.25, 1].map(weight => scalePosition(weight, 'Linear')),
      [0, 0.25, 1],
    );
  });
});
