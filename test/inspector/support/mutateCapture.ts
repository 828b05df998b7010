/** A value that a file may hold where another one belongs. */
const STRANGE: readonly unknown[] = [
  null,
  -1,
  0,
  1,
  0.5,
  7,
  4096,
  2 ** 31,
  2 ** 40,
  2 ** 53 - 1,
  1e308,
  '',
  'x',
  'decoder',
  'F16',
  'F64',
  'I64',
  '\u202e'.repeat(40),
  [],
  [1, 1, 1, 1],
  [0, 2 ** 52],
  {},
  true,
];

type Random = () => number;
type Holder = Record<string, unknown>;

/** A safetensors file with something changed: bytes, length, header, or the summary in its metadata. */
export function mutateCapture(file: Uint8Array, random: Random): Uint8Array {
  const pick = [flipBytes, cut, lengthen, claimLength, changeHeader, changeSummary, changeSummary];
  return pick[Math.floor(random() * pick.length)]?.(file, random) ?? file;
}

/** The same file with another header. */
export function withHeader(file: Uint8Array, change: (header: Holder) => void): Uint8Array {
  const length = headerLength(file);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Holder;
  change(header);
  const json = new TextEncoder().encode(JSON.stringify(header));
  const result = new Uint8Array(8 + json.length + file.length - 8 - length);
  new DataView(result.buffer).setBigUint64(0, BigInt(json.length), true);
  result.set(json, 8);
  result.set(file.subarray(8 + length), 8 + json.length);
  return result;
}

/** The same file with another summary. */
export function withSummary(file: Uint8Array, change: (stored: Holder) => void): Uint8Array {
  return withHeader(file, header => {
    const metadata = header.__metadata__ as Record<string, string>;
    const stored = JSON.parse(metadata.attention_debugger ?? '{}') as Holder;
    change(stored);
    metadata.attention_debugger = JSON.stringify(stored);
  });
}

function flipBytes(file: Uint8Array, random: Random): Uint8Array {
  const copy = file.slice();
  const until = random() < 0.8 ? 8 + headerLength(file) : file.length;
  for (let i = 0; i < 1 + random() * 6; i++) {
    copy[Math.floor(random() * until)] = Math.floor(random() * 256);
  }
  return copy;
}

function cut(file: Uint8Array, random: Random): Uint8Array {
  return file.slice(0, Math.floor(random() * file.length));
}

function lengthen(file: Uint8Array, random: Random): Uint8Array {
  const longer = new Uint8Array(file.length + Math.floor(random() * 64));
  longer.set(file);
  return longer;
}

function claimLength(file: Uint8Array, random: Random): Uint8Array {
  const copy = file.slice();
  const claimed = random() < 0.5 ? headerLength(file) + random() * 64 - 32 : random() * 2 ** 60;
  new DataView(copy.buffer).setBigUint64(0, BigInt(Math.max(0, Math.floor(claimed))), true);
  return copy;
}

function changeHeader(file: Uint8Array, random: Random): Uint8Array {
  return withHeader(file, header => {
    const names = Object.keys(header).filter(name => name !== '__metadata__');
    const name = one(names, random);
    if (random() < 0.2) {
      // A tensor that goes, or comes under another one's name.
      if (random() < 0.5) header[one(names, random)] = header[name];
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- what a broken file is
      delete header[name];
    } else replaceSomewhere(header[name] as Holder, random);
  });
}

function changeSummary(file: Uint8Array, random: Random): Uint8Array {
  return withSummary(file, stored => {
    for (let i = 0; i < 1 + random() * 2; i++) replaceSomewhere(stored, random);
  });
}

/** Walks down to some value and puts a strange one in its place. */
function replaceSomewhere(holder: Holder, random: Random): void {
  const key = one(Object.keys(holder), random);
  const value = holder[key];
  const isHolder = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (isHolder && random() < 0.9) replaceSomewhere(value as Holder, random);
  else holder[key] = one(STRANGE, random);
}

function one<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T;
}

function headerLength(file: Uint8Array): number {
  return Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
}
