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
