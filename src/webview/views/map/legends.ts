import { divergingPixels } from '../../color/diverging';
import { colorRamp, type ColorMapName } from '../../color/maps';
import { packPixel, type ScaleName } from '../../color/palette';
import { el, fill } from '../../dom';
import { weight2 } from '../../format';
import { drawHatchSwatch, drawRamp } from '../../render/swatches';
import { isDark, themeColor, type ThemeKind } from '../../theme';

const RAMP_WIDTH = 96;

/** Ends of the colour map by scale, and what they refer to. */
const DOMAINS: Record<ScaleName, readonly [string, string, string]> = {
  Linear: ['0', '1', 'attention weight'],
  Log: ['≤ .001', '1', 'attention weight, log'],
  'Row max': ['0', 'row maximum', 'attention weight, per row'],
};

const text = (words: string): HTMLElement => el('span', { text: words });
const canvas = (): HTMLCanvasElement => el('canvas', { attributes: { 'aria-hidden': 'true' } });
const ratio = (): number => window.devicePixelRatio || 1;

/** A legend that stands under a map. */
export class MapLegend {
  readonly element = el('div', { class: 'legend' });
  private readonly ramp = canvas();
  private readonly swatch = canvas();
  private readonly scale = el('span', { class: 'legend-item' });
  private readonly blocked = el(
    'span',
    { class: 'legend-item' },
    this.swatch,
    'masked, not computed',
  );

  constructor() {
    this.element.append(this.scale, this.blocked);
  }

  /** The weights' colours with their domain, and the hatch where something is masked. */
  showWeights(
    scale: ScaleName,
    colorMap: ColorMapName,
    theme: ThemeKind,
    isBlocked: boolean,
  ): void {
    const colors = Uint32Array.from(colorRamp(colorMap, isDark(theme)), color => packPixel(color));
    drawRamp(this.ramp, colors, RAMP_WIDTH, ratio());
    const [low, high, words] = DOMAINS[scale];
    fill(this.scale, text(low), this.ramp, text(high), text(words));
    this.showBlocked(isBlocked);
  }

  /** What was gained and lost, with the limit of the colours on both sides. */
  showDifference(limit: number, theme: ThemeKind, isBlocked: boolean): void {
    drawRamp(this.ramp, divergingPixels(isDark(theme)).subarray(1), RAMP_WIDTH, ratio());
    const most = weight2(limit);
    const domain = `weight, −${most} to ${most}`;
    fill(this.scale, text('lost'), this.ramp, text('gained'), text(domain));
    this.showBlocked(isBlocked);
  }

  private showBlocked(isBlocked: boolean): void {
    this.blocked.hidden = !isBlocked;
    if (isBlocked) drawHatchSwatch(this.swatch, themeColor('--hatch'), ratio());
  }
}
