import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Fields = Record<string, unknown>;
interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** How a checkpoint is written otherwise. */
export interface Spelling {
  /** Changes the fields of `config.json` in place. */
  readonly config?: (fields: Fields) => void;
  /** The name of a stored tensor; undefined leaves it out. */
  readonly rename?: (name: string) => string | undefined;
  /** Tensors that are added: float32, their shapes by name. */
  readonly add?: Readonly<Record<string, readonly number[]>>;
  /** Tensors that are stored once more, under other names: new name → old name. */
  readonly again?: Readonly<Record<string, string>>;
}

/** A copy of a model's folder, spelled otherwise; the caller removes it. */
export function respelled(folder: string, spelling: Spelling): string {
  const copy = mkdtempSync(join(tmpdir(), 'attention-spelling-'));
  cpSync(folder, copy, { recursive: true });
  const path = join(copy, 'config.json');
  const fields = JSON.parse(readFileSync(path, 'utf8')) as Fields;
  spelling.config?.(fields);
  writeFileSync(path, JSON.stringify(fields));
  for (const file of readdirSync(copy)) {
    if (/^model.*\.safetensors$/.test(file)) respell(join(copy, file), spelling);
  }
  return copy;
}

function respell(path: string, { rename = name => name, add = {}, again = {} }: Spelling): void {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, Entry>;
  const parts: Uint8Array[] = [bytes.subarray(8 + length)];
  let end = parts[0]?.length ?? 0;
  const append = (data: Uint8Array): readonly [number, number] => {
    parts.push(data);
    end += data.length;
    return [end - data.length, end];
  };
  const written: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(header)) {
    const other = name === '__metadata__' ? name : rename(name);
    if (other !== undefined) written[other] = entry;
  }
  for (const [name, of] of Object.entries(again)) {
    const entry = header[of];
    if (!entry) throw new Error(`${path} holds no ${of}`);
    const [from, to] = entry.data_offsets.map(offset => offset + 8 + length);
    written[name] = { ...entry, data_offsets: append(bytes.subarray(from, to)) };
  }
  for (const [name, shape] of Object.entries(add)) {
    const data = Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1), 0x3f);
    written[name] = { dtype: 'F32', shape, data_offsets: append(data) };
  }
  const text = Buffer.from(JSON.stringify(written));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([size, text, ...parts]));
}
