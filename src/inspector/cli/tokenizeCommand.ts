import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { modelFolder } from '../source/source';
import { withinTime } from '../tokenizer/expression/withinTime';
import { openTokenizer } from '../tokenizer/openTokenizer';
import { tokenizeJsonLine } from '../tokenizer/tokenizeJsonLine';
import { linesOf } from './lines';

/** Prints ids, UTF-16 offsets and tokens of each line of a JSON Lines file, in its order. */
export async function tokenizeCommand(model: string, file: string): Promise<void> {
  const tokenizer = await openTokenizer(await modelFolder(resolve(model)));
  const input = createReadStream(resolve(file), 'utf8');
  let number = 0;
  try {
    for await (const line of linesOf(input)) {
      number++;
      if (line.trim() === '') continue;
      const answer = await withinTime(() => tokenizeJsonLine(tokenizer, line));
      const isTaken = process.stdout.write(`${answer}\n`);
      if (!isTaken) await once(process.stdout, 'drain');
    }
  } catch (error) {
    if (error instanceof InspectorError) {
      throw new InspectorError(error.code, `${file}, line ${number}: ${error.message}`, {
        cause: error,
      });
    }
    throw new InspectorError('inputs-wrong', `Cannot read ${file}.`, { cause: error });
  }
}
