import {
  isPlainText,
  MOST_PATH,
  SOURCE_STAGES,
  type SiteSource,
  type SourcePlace,
  type SourceStage,
} from '../../../protocol/source';
import { readMetadata, type NodeMetadata } from '../../onnx/file/nodeMetadata';
import { stageNodes, type StageNodes } from '../../onnx/find/stageNodes';
import type { Analysis } from '../../onnx/graph/analysis';
import type { FoundSite } from '../../onnx/graph/site';
import { frameOf, framesOf, listOf, type Frame } from './stackTrace';

/** What torch's exporter writes into every node (torch.onnx, `dynamo=True`). */
const TRACE = 'pkg.torch.onnx.stack_trace';
const SCOPES = 'pkg.torch.onnx.name_scopes';
const CLASSES = 'pkg.torch.onnx.class_hierarchy';
const KEYS: ReadonlySet<string> = new Set([TRACE, SCOPES, CLASSES]);

/** Modules around a node, outermost first; names and classes belong together. */
interface Modules {
  readonly names: readonly string[];
  readonly classes: readonly string[];
}

/**
 * Where each site is written in Python, by what the exporter wrote beside its nodes.
 * @returns one entry a site, undefined where the file does not tell
 */
export function siteSources(
  analysis: Analysis,
  sites: readonly FoundSite[],
): readonly (SiteSource | undefined)[] {
  const nodes = sites.map(site => stageNodes(analysis, site));
  const all = nodes.flatMap(found => Object.values(found));
  const metadata = readMetadata(analysis.model, all, KEYS);
  if (metadata.size === 0) return sites.map(() => undefined);
  return nodes.map(found => {
    const of = (stage: SourceStage): NodeMetadata | undefined => {
      const node = found[stage];
      return node && metadata.get(node);
    };
    return sourceOf(found, of);
  });
}

function sourceOf(
  nodes: StageNodes,
  of: (stage: SourceStage) => NodeMetadata | undefined,
): SiteSource | undefined {
  const home = modulesOf(of('softmax'));
  const place = (stage: SourceStage): Frame | undefined => {
    const metadata = of(stage);
    if (!nodes[stage] || !metadata || !isNear(modulesOf(metadata), home)) return undefined;
    return frameOf(framesOf(metadata.get(TRACE) ?? ''), home.classes.at(-1));
  };
  const places: { frame: Frame; stages: SourceStage[] }[] = [];
  for (const stage of SOURCE_STAGES) {
    const frame = place(stage);
    if (!frame) continue;
    const known = places.find(
      ({ frame: { file, line } }) => file === frame.file && line === frame.line,
    );
    if (known) known.stages.push(stage);
    else places.push({ frame, stages: [stage] });
  }
  if (places.length === 0) return undefined;
  const [module, className] = [home.names.at(-1), home.classes.at(-1)];
  return {
    ...(module && isName(module) ? { module } : {}),
    ...(className && isName(className) ? { className } : {}),
    places: places.map(({ frame, stages }): SourcePlace => ({ ...frame, stages })),
  };
}

/** The modules around a node; its own operation comes last in the lists and is no module. */
function modulesOf(metadata: NodeMetadata | undefined): Modules {
  const names = listOf(metadata?.get(SCOPES) ?? '').slice(0, -1);
  const classes = listOf(metadata?.get(CLASSES) ?? '').slice(0, -1);
  return names.length === classes.length ? { names, classes } : { names: [], classes: [] };
}

/**
 * Whether a node belongs to the attention's module: in it, in one inside it, or beside it in the module
 * around it. What lies further off is the work of another layer, which a graph without projections of its
 * own leads back to.
 */
function isNear({ names }: Modules, home: Modules): boolean {
  const shared = home.names.findIndex((name, i) => names[i] !== name);
  return shared === -1 || shared >= home.names.length - 1;
}

const isName = (text: string): boolean => text.length <= MOST_PATH && isPlainText(text);
