import { factsOf, outlookOf, PLACE_NAMES, type DiskModel } from '../../protocol/diskModels';
import { diskModels } from '../library/diskModels';

/** Prints the models that programs left on this disk, with what is known of them before they are opened. */
export async function modelsCommand({ json }: { readonly json: boolean }): Promise<void> {
  const models = await diskModels([]);
  const text = json ? `${JSON.stringify({ models }, null, 2)}\n` : models.map(linesOf).join('');
  process.stdout.write(text === '' ? 'No models were found.\n' : text);
}

function linesOf(model: DiskModel): string {
  const place = model.place === 'given' ? '' : ` (${PLACE_NAMES[model.place]})`;
  return [
    `${model.name}${place}`,
    `  ${factsOf(model)}; ${outlookOf(model)}`,
    `  ${model.path}`,
    '',
  ].join('\n');
}
