import type { Fail } from '../../files/boundedJson';
import type { RangedFile } from '../../files/rangedFile';
import { shortened } from '../../files/shortened';

/** A part of a ZIP archive that is stored as it is: bytes `[offset, offset + length)` of the file. */
export interface ZipEntry {
  readonly offset: number;
  readonly length: number;
}

/** An entry as the archive's directory describes it. */
interface DirectoryEntry {
  readonly name: Buffer;
  readonly length: number;
  /** Where the header before its bytes begins. */
  readonly header: number;
}

const Signature = {
  entry: 0x02014b50,
  header: 0x04034b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;
const Size = { entry: 46, header: 30, end: 22, end64: 56, locator64: 20, comment: 0xffff } as const;
/** In place of a number that needs 64 bits. */
const ELSEWHERE = 0xffffffff;
const STORED = 0;
const ENCRYPTED = 1;
/** Identifies the extra field that holds numbers of 64 bits. */
const EXTRA_64 = 1;
/** A checkpoint has an entry for each tensor, and a few more. */
const LARGEST_DIRECTORY = 32 * 2 ** 20;

/**
 * Entries by name, in the order of the directory (APPNOTE 6.3.10, with numbers of 64 bits). An archive
 * is refused whose entries are compressed or encrypted, overlap, or are called otherwise in the
 * directory than where they lie.
 * @returns undefined where the file has no directory, which is no ZIP archive
 * @throws whatever `fail` throws
 */
export function zipDirectory(
  file: RangedFile,
  fail: Fail,
): ReadonlyMap<string, ZipEntry> | undefined {
  const place = directoryPlace(file, fail);
  if (!place) return undefined;
  const { start, length } = place;
  if (length > LARGEST_DIRECTORY) {
    fail(`its directory has ${length} bytes, more than the ${LARGEST_DIRECTORY} that are read`);
  }
  const described = directoryEntries(file.read(start, length), fail);
  const entries = new Map<string, ZipEntry>();
  let free = 0;
  for (const entry of described.sort((a, b) => a.header - b.header)) {
    if (entry.header < free) fail(`its entry ${shown(entry.name)} overlaps with another one`);
    const found = locate(entry, file, fail);
    free = found.offset + found.length;
    if (free > start) fail(`its entry ${shown(entry.name)} reaches into its directory`);
    const name = entry.name.toString();
    if (entries.has(name)) fail(`it holds ${shown(entry.name)} twice`);
    entries.set(name, found);
  }
  return entries;
}

/** Where the directory lies, by the record at the end of the file. */
function directoryPlace(file: RangedFile, fail: Fail) {
  const tailStart = Math.max(0, file.size - Size.end - Size.comment);
  const tail = file.read(tailStart, file.size - tailStart);
  const at = endRecord(tail);
  if (at === undefined) return undefined;
  if (at < Size.locator64 || tail.readUInt32LE(at - Size.locator64) !== Signature.locator64) {
    return { length: tail.readUInt32LE(at + 12), start: tail.readUInt32LE(at + 16) };
  }
  const record = file.read(wholeNumber(tail, at - Size.locator64 + 8, fail), Size.end64);
  if (record.readUInt32LE(0) !== Signature.end64) fail('its directory is damaged');
  return { length: wholeNumber(record, 40, fail), start: wholeNumber(record, 48, fail) };
}

/** The record whose comment ends where the file does. */
function endRecord(tail: Buffer): number | undefined {
  for (let at = tail.length - Size.end; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== Signature.end) continue;
    if (at + Size.end + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return undefined;
}

function directoryEntries(directory: Buffer, fail: Fail): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < directory.length;) {
    if (at + Size.entry > directory.length || directory.readUInt32LE(at) !== Signature.entry) {
      fail('its directory is damaged');
    }
    const nameEnd = at + Size.entry + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const end = extraEnd + directory.readUInt16LE(at + 32);
    if (end > directory.length) fail('its directory is damaged');
    const name = directory.subarray(at + Size.entry, nameEnd);
    if ((directory.readUInt16LE(at + 8) & ENCRYPTED) !== 0) {
      fail(`its entry ${shown(name)} is encrypted`);
    }
    if (directory.readUInt16LE(at + 10) !== STORED) {
      fail(`its entry ${shown(name)} is compressed`);
    }
    // In this order the extra field has those of them that need 64 bits.
    const [length = 0, stored = 0, header = 0] = wideNumbers(
      [24, 20, 42].map(field => directory.readUInt32LE(at + field)),
      directory.subarray(nameEnd, extraEnd),
      fail,
    );
    if (length !== stored) fail(`its entry ${shown(name)} has two lengths`);
    entries.push({ name, length, header });
    at = end;
  }
  return entries;
}

/** Numbers of which some stand in the extra field. */
function wideNumbers(numbers: readonly number[], extra: Buffer, fail: Fail): number[] {
  if (!numbers.includes(ELSEWHERE)) return [...numbers];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== EXTRA_64) continue;
    let next = at + 4;
    const end = next + extra.readUInt16LE(at + 2);
    return numbers.map(number => {
      if (number !== ELSEWHERE) return number;
      if (next + 8 > Math.min(end, extra.length)) return fail('its directory is damaged');
      next += 8;
      return wholeNumber(extra, next - 8, fail);
    });
  }
  return fail('its directory is damaged');
}

/** Where the bytes of an entry begin, behind a header that repeats its name. */
function locate({ name, header, length }: DirectoryEntry, file: RangedFile, fail: Fail): ZipEntry {
  const bytes = file.read(header, Size.header + name.length);
  const isItsOwn =
    bytes.readUInt32LE(0) === Signature.header &&
    bytes.readUInt16LE(26) === name.length &&
    bytes.subarray(Size.header).equals(name);
  if (!isItsOwn) fail(`its entry ${shown(name)} is not where it should be`);
  return { offset: header + bytes.length + bytes.readUInt16LE(28), length };
}

const shown = (name: Buffer) => `“${shortened(name.toString())}”`;

function wholeNumber(bytes: Buffer, at: number, fail: Fail): number {
  const number = Number(bytes.readBigUInt64LE(at));
  return Number.isSafeInteger(number) ? number : fail('its directory is damaged');
}
