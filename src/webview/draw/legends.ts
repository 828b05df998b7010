import { divergingPixels } from './color/diverging';
import type { ColorMapName } from './color/maps';
import { rampPixels, type ScaleName } from './color/palette';
import { el, fill, hiddenCanvas } from '../kit/dom';
import { DOMAINS } from './legend';
import { weight2 } from '../reading/format';
import { number } from '../reading/numbers';
import { drawHatchSwatch, drawRamp } from './pixels/swatches';
import { isDark, type ThemeKind } from '../kit/theme';

const RAMP_WIDTH = 96;

const text = (words: string): HTMLElement => el('span', words);

/** A legend that stands under a map. */
export class MapLegend {
  readonly element = el('div.legend');
  private readonly ramp = hiddenCanvas();
  private readonly swatch = hiddenCanvas();
  private readonly scale = el('span.legend-item');
  private readonly blocked = el('span.legend-item', this.swatch, 'masked, not computed');

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
    drawRamp(this.ramp, rampPixels(colorMap, isDark(theme)), RAMP_WIDTH);
    const [low, high, note] = DOMAINS[scale];
    const words = note === '' ? 'attention weight' : `attention weight, ${note}`;
    fill(this.scale, text(low), this.ramp, text(high), text(words));
    this.showBlocked(isBlocked);
  }

  /** What was gained and lost, with the limit of the colours on both sides. */
  showDifference(limit: number, theme: ThemeKind, isBlocked: boolean): void {
    drawRamp(this.ramp, divergingPixels(isDark(theme)).subarray(1), RAMP_WIDTH);
    const most = weight2(limit);
    const domain = `weight, −${most} to ${most}`;
    fill(this.scale, text('lost'), this.ramp, text('gained'), text(domain));
    this.showBlocked(isBlocked);
  }

  /** Effective attention between −limit and limit. */
  showEffective(limit: number, theme: ThemeKind): void {
    drawRamp(this.ramp, divergingPixels(isDark(theme)).subarray(1), RAMP_WIDTH);
    const most = number(limit, 3);
    const words = 'effective attention, not a softmax';
    fill(this.scale, text(`−${most}`), this.ramp, text(most), text(words));
    this.showBlocked(false);
  }

  private showBlocked(isBlocked: boolean): void {
    this.blocked.hidden = !isBlocked;
    if (isBlocked) drawHatchSwatch(this.swatch);
  }
}
