import { open } from 'node:fs/promises';

/** An entry of an archive; without bytes it is a hole of that length. */
interface SparseEntry {
  readonly name: string;
  readonly length: number;
  readonly bytes?: Buffer;
}

/** Writes a ZIP archive of stored entries with all sizes and places in 64 bits. */
export async function writeSparseArchive(
  path: string,
  entries: readonly SparseEntry[],
): Promise<void> {
  const file = await open(path, 'w');
  let at = 0;
  const directory: Buffer[] = [];
  for (const { name, length, bytes } of entries) {
    const start = at;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    await file.write(Buffer.concat([header, Buffer.from(name)]), 0, undefined, at);
    at += header.length + name.length;
    if (bytes) await file.write(bytes, 0, undefined, at);
    at += length;
    directory.push(directoryEntry(name, length, start));
  }
  const all = Buffer.concat(directory);
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(BigInt(all.length), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at + all.length), 8);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(0, 20);
  await file.write(Buffer.concat([all, record, locator, end]), 0, undefined, at);
  await file.close();
}

function directoryEntry(name: string, length: number, start: number): Buffer {
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt16LE(28, 30);
  for (const field of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, field);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  for (const [i, value] of [length, length, start].entries()) {
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  }
  return Buffer.concat([entry, Buffer.from(name), extra]);
}
