const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Where one grapheme surely ends and another begins: between two ASCII characters, but not in CR LF. */
const SAFE_CUT = /[\0-\x7f](?=[\0-\x7f])(?!(?<=\r)\n)/g;
const CHUNK = 256;

/**
 * Extended grapheme clusters (UAX 29) of `text`. `Intl.Segmenter` takes quadratic time on long
 * strings in Node 20, so it gets short runs only, and ASCII is not given to it at all.
 */
export function* graphemes(text: string): Generator<string> {
  let from = 0;
  for (const { index } of text.matchAll(SAFE_CUT)) {
    yield* segments(text.slice(from, index + 1));
    from = index + 1;
  }
  yield* segments(text.slice(from));
}

function* segments(run: string): Generator<string> {
  if (run.length <= 1) {
    if (run) yield run;
    return;
  }
  let from = 0;
  let size = CHUNK;
  while (from < run.length) {
    const isLast = from + size >= run.length;
    const chunk = Array.from(
      segmenter.segment(run.slice(from, from + size)),
      ({ segment }) => segment,
    );
    // The last one may go on beyond the chunk: it is read again with what follows.
    if (!isLast && chunk.length > 1) chunk.pop();
    else if (!isLast) {
      size *= 2;
      continue;
    }
    for (const segment of chunk) {
      yield segment;
      from += segment.length;
    }
    size = CHUNK;
  }
}
