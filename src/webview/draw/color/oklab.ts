/** Red, green, blue in [0, 1] (gamma-encoded sRGB). */
export type Rgb = readonly [number, number, number];
/** OKLab lightness and the two opponent axes. */
export type Lab = readonly [number, number, number];

const encode = (c: number): number => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

function labToLinear([L, a, b]: Lab): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** OKLab to sRGB, clipped to what a screen can show. */
export function labToRgb(lab: Lab): Rgb {
  const [r, g, b] = labToLinear(lab);
  const clip = (c: number): number => Math.min(1, Math.max(0, encode(Math.max(0, c))));
  return [clip(r), clip(g), clip(b)];
}

function lchToLab(lightness: number, chroma: number, hue: number): Lab {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

const inGamut = (lab: Lab): boolean => labToLinear(lab).every(c => c >= -1e-4 && c <= 1.0001);

/** Lightness and hue as asked; chroma reduced until a screen can show the colour. */
export function fitToGamut(lightness: number, chroma: number, hue: number): Lab {
  const wanted = lchToLab(lightness, chroma, hue);
  if (inGamut(wanted)) return wanted;
  let low = 0;
  let high = chroma;
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (inGamut(lchToLab(lightness, middle, hue))) low = middle;
    else high = middle;
  }
  return lchToLab(lightness, low, hue);
}
