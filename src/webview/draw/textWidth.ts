import { themeValue } from '../kit/theme';

let ruler: CanvasRenderingContext2D | null = null;
let font = '';
let letter = 0;

const ASCII = /^[\x20-\x7e]*$/;

/** Width of a text in the editor's font, without a layout. */
export function monoWidth(text: string, size: number): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (!ruler) return text.length * size * 0.62;
  const wanted = `${size}px ${themeValue('--mono')}`;
  if (wanted !== font) {
    ruler.font = font = wanted;
    letter = ruler.measureText('0').width;
    const isMono = Math.abs(ruler.measureText('iiii').width - 4 * letter) < 0.5;
    if (!isMono) letter = 0;
  }
  return letter > 0 && ASCII.test(text) ? text.length * letter : ruler.measureText(text).width;
}
