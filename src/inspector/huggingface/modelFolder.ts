import { stat } from 'node:fs/promises';
import { InspectorError } from '../../protocol/errors';
import { homeFolder } from './homeFolder';

/**
 * The folder that holds a model's configuration and tokenizer.
 * @param path of a model folder or `.onnx` file
 * @throws InspectorError `model-missing`
 */
export async function modelFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found) return homeFolder(path, found.isDirectory());
  throw new InspectorError(
    'model-missing',
    `There is no model at ${path}. Choose another model, or correct the setting.`,
  );
}
