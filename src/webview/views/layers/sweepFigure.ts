import { stateFigure } from '../../app/export/figure';
import { tableOf, type FigureTable } from '../../draw/file/figureTable';
import { signedRamp } from '../../draw/legend';
import { sharePicture } from '../../draw/shareMap';
import { isDark } from '../../kit/theme';
import { weight2 } from '../../reading/format';
import { shownSweep, type ShownSweep } from './sweeps';

/** The sweep that is on show. */
export const sweepFigure = stateFigure(
  'sweep',
  shownSweep,
  ({ effects }) => effects.name.replace(/:.*/, ''),
  ({ effects }, state) => {
    const end = weight2(effects.limit);
    return sharePicture(effects, signedRamp(state, `−${end}`, end), isDark(state.theme));
  },
  sweepTable,
);

/** The effect of each thing alone, and that of its control. */
function sweepTable({ effects, control }: ShownSweep): FigureTable {
  const { rows, columns, values } = effects;
  const cells = rows.flatMap((name, row) =>
    columns.map(({ label }, column) => ({ name, row, label, column })),
  );
  return tableOf(cells, {
    row: ({ name }) => name,
    column: ({ column }) => column,
    'column name': ({ label }) => label,
    change: ({ row, column }) => values[row]?.[column] ?? NaN,
    'random control': ({ row, column }) => control?.values[row]?.[column] ?? '',
  });
}
