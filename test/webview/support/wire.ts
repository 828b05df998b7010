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

/** JSON in which typed arrays keep their kind and every bit. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    const name = Object.keys(ARRAYS).find(one => part instanceof ARRAYS[one as Name]);
    if (name === undefined) return part;
    const { buffer, byteOffset, byteLength } = part as Float32Array;
    let text = '';
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
      text += String.fromCharCode(byte);
    }
    return { [MARK]: name, bytes: btoa(text) };
  });
}

/** What `encode` was given. */
export function decode(json: string): unknown {
  return JSON.parse(json, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || !(MARK in part)) return part;
    const { [MARK]: name, bytes } = part as { [MARK]: Name; bytes: string };
    const data = Uint8Array.from(atob(bytes), character => character.charCodeAt(0));
    return new ARRAYS[name](data.buffer);
  });
}
