/** Runs in a process of its own: opens the models it is told of, since the native runtime may crash on them. */
import { InspectorError } from '../../../../src/protocol/errors';
import { openModel } from '../../../../src/inspector/model/openModel';

process.on('message', (path: string) => {
  void open(path).then(outcome => process.send?.(outcome));
});

async function open(path: string): Promise<string> {
  try {
    const model = await openModel(path, { threads: 1 });
    await model.dispose();
    return 'opened';
  } catch (error) {
    if (error instanceof InspectorError) return error.code;
    return `unforeseen: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}
