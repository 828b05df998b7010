import { mkdir, symlink, writeFile, copyFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';

/** Puts files into a model's folder of the Hugging Face cache, as its Python library does. */
export async function cacheModel(
  hub: string,
  name: string,
  revision: string,
  files: Readonly<Record<string, string | Buffer | { readonly from: string }>>,
): Promise<string> {
  const folder = path.join(hub, `models--${name.replaceAll('/', '--')}`);
  const snapshot = path.join(folder, 'snapshots', revision);
  await mkdir(path.join(folder, 'blobs'), { recursive: true });
  await mkdir(path.join(folder, 'refs'), { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    const hash = createHash('sha256').update(`${revision} ${file}`).digest('hex');
    const blob = path.join(folder, 'blobs', hash);
    if (typeof content === 'string' || Buffer.isBuffer(content)) await writeFile(blob, content);
    else await copyFile(content.from, blob);
    const place = path.join(snapshot, file);
    await mkdir(path.dirname(place), { recursive: true });
    await symlink(path.relative(path.dirname(place), blob), place);
  }
  await writeFile(path.join(folder, 'refs', 'main'), revision);
  return snapshot;
}

/** Puts a model into a folder of Ollama's. */
export async function ollamaModel(folder: string, name: string, weights: Buffer): Promise<string> {
  const [model = '', tag = 'latest'] = name.split(':');
  const parts = model.includes('/') ? model.split('/') : ['library', model];
  const manifest = path.join(folder, 'manifests/registry.ollama.ai', ...parts);
  const digest = createHash('sha256').update(weights).digest('hex');
  await mkdir(manifest, { recursive: true });
  await mkdir(path.join(folder, 'blobs'), { recursive: true });
  const layers = [
    { mediaType: 'application/vnd.ollama.image.license', digest: `sha256:${'0'.repeat(64)}` },
    { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}` },
  ];
  await writeFile(path.join(manifest, tag), JSON.stringify({ schemaVersion: 2, layers }));
  const blob = path.join(folder, 'blobs', `sha256-${digest}`);
  await writeFile(blob, weights);
  return blob;
}

/** The beginning of a GGUF file: these values, a vocabulary that goes on, and no tensor. */
export function ggufBytes(values: Readonly<Record<string, string | number>>): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const long = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const text = (value: string) =>
    Buffer.concat([long(Buffer.byteLength(value)), Buffer.from(value)]);
  const entries = Object.entries(values).map(([key, value]) =>
    typeof value === 'number'
      ? Buffer.concat([text(key), number(4), number(value)])
      : Buffer.concat([text(key), number(8), text(value)]),
  );
  const words = Array.from({ length: 5000 }, (_, i) => text(`word ${i}`));
  const vocabulary = [text('tokenizer.ggml.tokens'), number(9), number(8), long(words.length)];
  return Buffer.concat([
    Buffer.from('GGUF'),
    number(3),
    long(0),
    long(entries.length + 1),
    ...entries,
    ...vocabulary,
    ...words,
  ]);
}
