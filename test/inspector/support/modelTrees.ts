import { mkdir, symlink, writeFile, copyFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { ggufBytes, type GgufValue } from '../../support/ggufBytes';

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
export async function ollamaModel(
  folder: string,
  name: string,
  weights: Uint8Array,
): Promise<string> {
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
export function ggufStart(values: Readonly<Record<string, string | number>>): Uint8Array {
  const entries = Object.entries(values).map(([key, value]): [string, GgufValue] => [
    key,
    typeof value === 'number' ? { kind: 'u32', value } : { kind: 'string', value },
  ]);
  const words = Array.from({ length: 5000 }, (_, i) => `word ${i}`);
  const vocabulary = { 'tokenizer.ggml.tokens': { kind: 'strings', value: words } } as const;
  return ggufBytes({ ...Object.fromEntries(entries), ...vocabulary }, []);
}
