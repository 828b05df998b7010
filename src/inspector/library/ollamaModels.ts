import { join } from 'node:path';
import * as v from 'valibot';
import { entriesOf, mapSome, MOST_MODELS } from './listing';
import { smallJson } from './smallJson';

/** A model of Ollama: what it is called there, and the file of its weights. */
export interface OllamaModel {
  readonly name: string;
  readonly file: string;
}

/** What is not said in a name: where models come from, and whose they are. */
const REGISTRY = 'registry.ollama.ai';
const NAMESPACE = 'library';

const manifest = v.object({
  layers: v.array(v.object({ mediaType: v.string(), digest: v.string() })),
});
const MODEL = 'application/vnd.ollama.image.model';
const DIGEST = /^sha256:([0-9a-f]{64})$/;

/**
 * The models that a folder of Ollama's describes: `manifests/<registry>/<namespace>/<model>/<tag>`, each
 * of which names the file `blobs/sha256-…` that holds the weights.
 */
export async function ollamaModels(folder: string): Promise<readonly OllamaModel[]> {
  const manifests = join(folder, 'manifests');
  const models: { registry: string; namespace: string; model: string; tag: string }[] = [];
  for (const registry of (await entriesOf(manifests)).folders) {
    for (const namespace of (await entriesOf(join(manifests, registry))).folders) {
      for (const model of (await entriesOf(join(manifests, registry, namespace))).folders) {
        const { files } = await entriesOf(join(manifests, registry, namespace, model));
        for (const tag of files) models.push({ registry, namespace, model, tag });
      }
    }
  }
  const found = await mapSome(models.slice(0, MOST_MODELS), async parts => {
    const { registry, namespace, model, tag } = parts;
    const content = await smallJson(join(manifests, registry, namespace, model, tag));
    const { success, output } = v.safeParse(manifest, content);
    const layer = success ? output.layers.find(({ mediaType }) => mediaType === MODEL) : undefined;
    const [, hash] = DIGEST.exec(layer?.digest ?? '') ?? [];
    return hash === undefined
      ? []
      : [{ name: nameOf(parts), file: join(folder, 'blobs', `sha256-${hash}`) }];
  });
  return found.flat();
}

/** As Ollama writes it: what is usual is left out. */
function nameOf(parts: { registry: string; namespace: string; model: string; tag: string }) {
  const { registry, namespace, model, tag } = parts;
  const short = `${model}:${tag}`;
  if (registry !== REGISTRY) return `${registry}/${namespace}/${short}`;
  return namespace === NAMESPACE ? short : `${namespace}/${short}`;
}
