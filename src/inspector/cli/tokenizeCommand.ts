import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { modelFolder } from '../source/source';
import { withinTime } from '../tokenizer/expression/withinTime';
import { openTokenizer } from '../huggingface/openTokenizer';
import { tokenizeJsonLine } from '../tokenizer/tokenizeJsonLine';

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

const BYTE_ORDER_MARK = /^\ufeff/;

/**
 * The lines of a text that comes in pieces, without their line feeds and carriage returns and without
 * a byte order mark. Other line separators of Unicode end no line: JSON strings may hold them.
 */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest: string[] = [];
  let isFirst = true;
  const line = (text: string) => {
    const plain = isFirst ? text.replace(BYTE_ORDER_MARK, '') : text;
    isFirst = false;
    return plain.endsWith('\r') ? plain.slice(0, -1) : plain;
  };
  for await (const piece of pieces) {
    const [first = '', ...others] = piece.split('\n');
    rest.push(first);
    for (const next of others) {
      yield line(rest.join(''));
      rest = [next];
    }
  }
  const last = rest.join('');
  if (last !== '') yield line(last);
}
