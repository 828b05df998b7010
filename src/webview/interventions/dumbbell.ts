import { gain, type MovedEntry } from '../app/interventions/outcome';
import { INK, lettering, rule, shape, type Mark, type Picture } from '../draw/marks';
import { monoWidth } from '../draw/textWidth';
import { weight2, weight3 } from '../reading/format';
import { shorten, visible } from '../reading/tokenText';

const ROW = 24;
const TOP = 22;
/** Room for the gain. */
const GAIN = 48;
const FONT = 12;
const RADIUS = 4.5;
/** Domains end at a multiple of this. */
const STEP = 0.1;
const LONGEST = 14;

/** An entry as rows name it. */
export const entryName = ({ text }: MovedEntry): string => shorten(visible(text), LONGEST);

/** What an entry gained, with its sign. */
export const gainText = (one: MovedEntry): string => {
  const value = gain(one);
  return value > 0 ? `+${weight2(value)}` : weight2(value);
};

export const probabilityText = (value: number | null): string =>
  value === null ? 'under .001' : weight3(value);

/** Probabilities before (ring) and after (dot) of each entry, a line between them; one entry a row. */
export function dumbbellPicture(entries: readonly MovedEntry[], width: number): Picture {
  const most = Math.max(STEP, ...entries.flatMap(one => [one.before ?? 0, one.after ?? 0]));
  const end = Math.min(1, Math.ceil(most / STEP + 0.2) * STEP);
  const names =
    Math.ceil(Math.max(40, ...entries.map(one => monoWidth(entryName(one), FONT)))) + 14;
  const room = Math.max(60, width - names - GAIN - RADIUS);
  const x = (value: number): number => names + (value / end) * room;
  const height = TOP + entries.length * ROW;
  const ticks = Math.round(end / STEP);
  const every = ticks > 6 || room < 180 ? 2 : 1;
  const small = lettering('ui', 10);
  const axis = Array.from({ length: ticks + 1 }, (_, i) => i)
    .filter(i => i % every === 0)
    .flatMap((i): Mark[] => {
      const at = x(i * STEP);
      const name = i === 0 ? '0' : String(Number((i * STEP).toFixed(1))).replace(/^0/, '');
      return [
        rule([at, TOP - 4], [at, height], INK.hair),
        small(name, { x: at, y: 10, 'text-anchor': 'middle' }),
      ];
    });
  const mono = lettering('mono', FONT);
  const rows = entries.flatMap((one, i): Mark[] => {
    const y = TOP + i * ROW + ROW / 2;
    const ink = gain(one) < 0 ? '--negative' : '--positive';
    const [from, to] = [x(one.before ?? 0), x(one.after ?? 0)];
    const bold = one.isFirst ? { 'font-weight': 600 } : {};
    return [
      mono(entryName(one), { x: names - 10, y: y + 4, 'text-anchor': 'end', ...bold }, INK.text),
      rule([from, y], [to, y], ink, { 'stroke-width': 2.5 }),
      shape('circle', { cx: from, cy: y, r: RADIUS, 'stroke-width': 1.5 }, SURFACE, INK.text),
      shape('circle', { cx: to, cy: y, r: RADIUS }, ink),
      mono(gainText(one), { x: width - 2, y: y + 4, 'text-anchor': 'end' }, ink),
    ];
  });
  return { width, height, marks: [...axis, ...rows] };
}

/** What a ring is filled with, so that the line ends at it. */
const SURFACE = '--vscode-editor-background';
