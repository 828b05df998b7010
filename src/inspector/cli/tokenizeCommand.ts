import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { InspectorError } from '../../protocol/errors';
import { openTokenizer } from '../tokenizer/openTokenizer';
import { tokenizeJsonLine } from '../tokenizer/tokenizeJsonLine';

/** Prints ids, UTF-16 offsets and tokens of each line of a JSON Lines file, in its order. */
export async function tokenizeCommand(model: string, file: string): Promise<void> {
  const tokenizer = await openTokenizer(resolve(model));
  const input = createReadStream(resolve(file));
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (line.trim() !== '') process.stdout.write(`${tokenizeJsonLine(tokenizer, line)}\n`);
    }
  } catch (error) {
    if (error instanceof InspectorError) throw error;
    throw new InspectorError('inputs-wrong', `Cannot read ${file}: ${String(error)}`);
  }
}
