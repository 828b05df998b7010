/** Typed arrays as they travel between the test process and its page, where only JSON passes. */
const ARRAYS = {
  Float32Array,
  Uint8Array,
  Int8Array,
  Int32Array,
  Uint16Array,
  Uint32Array,
};
type Name = keyof typeof ARRAYS;
/** Key that no message has. */
const MARK = '$array';

/**
 * JSON in which typed arrays keep their kind and every bit. Pages send none, so only the test
 * process has to know how to write them.
 */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    const name = Object.keys(ARRAYS).find(one => part instanceof ARRAYS[one as Name]);
    if (name === undefined) return part;
    const { buffer, byteOffset, byteLength } = part as Float32Array;
    const bytes = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    return { [MARK]: name, bytes };
  });
}

/** What `encode` was given. */
export function decode(json: string): unknown {
  return JSON.parse(json, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || !(MARK in part)) return part;
    const { [MARK]: name, bytes } = part as { [MARK]: Name; bytes: string };
    const text = atob(bytes);
    // A plain loop: benchmarks count what the page takes to read an answer.
    const data = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) data[i] = text.charCodeAt(i);
    return new ARRAYS[name](data.buffer);
  });
}
