import { downloadFailure } from './failures';

/** A model on the Hub, as people name it. */
export interface ModelAddress {
  /** `org/name`, or `name` alone for old ones. */
  readonly name: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** The one file of weights that is wanted, `.gguf` or `.onnx`, as a path in the model. */
  readonly file?: string;
}

const MAIN = 'main';
const HUB_HOSTS = ['huggingface.co', 'www.huggingface.co', 'hf.co'];
/** What the Hub allows in each part of a name. */
const NAME_PART = /^(?!.*(--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
const REVISION = /^(?!.*(?:\.\.|\/\/|\/$))[A-Za-z0-9_][\w./+-]{0,199}$/;
const OTHER_KINDS = ['datasets', 'spaces', 'collections', 'buckets', 'kernels'];
/** What pages of files begin with, after the model's name. */
const PAGES = ['tree', 'blob', 'resolve'];
const LONGEST = 2000;

/** Whether a path names weights that people may want on their own. */
export const isNamedFile = (path: string): boolean => /\.(gguf|onnx)$/i.test(path);

/**
 * Reads `org/name`, `org/name@revision`, `org/name/file.gguf`, or the address of a page of the Hub.
 * @param host of the Hub that is asked, beside the public one's
 * @throws InspectorError `download-failed` where the text names no model
 */
export function readAddress(text: string, host: string): ModelAddress {
  const plain = text.trim();
  if (plain === '') throw notAName('There is no name');
  if (plain.length > LONGEST) throw notAName('The name is too long');
  const url = pageOf(plain, host);
  const { parts, revision = MAIN } = url ? readPage(url) : readName(plain);
  if (OTHER_KINDS.includes(parts[0] ?? '')) throw notAName(`“${shown(plain)}” is no model`);
  const file = parts.slice(2).join('/');
  const name = parts.slice(0, 2).filter(part => part !== '');
  const isName = name.length > 0 && name.every(part => NAME_PART.test(part));
  const isFile = file === '' || url !== undefined || isNamedFile(file);
  if (!isName || !isFile || /\.git$/i.test(plain)) {
    throw notAName(`“${shown(plain)}” is no name of a model`);
  }
  if (!REVISION.test(revision)) {
    throw notAName(`“${shown(revision)}” is no branch, tag or commit`);
  }
  return { name: name.join('/'), revision, ...(isNamedFile(file) ? { file } : {}) };
}

/** The same as people would write it. */
export function addressText({ name, revision, file }: ModelAddress): string {
  const path = file === undefined ? name : `${name}/${file}`;
  return revision === MAIN ? path : `${path}@${revision}`;
}

interface Parts {
  /** Both parts of a name (the second is empty for an old one), then those of a file's path. */
  readonly parts: readonly string[];
  readonly revision: string | undefined;
}

/** The page of the Hub that a text is the address of; undefined where it is no address. */
function pageOf(text: string, host: string): URL | undefined {
  const hosts = [host, ...HUB_HOSTS];
  const begin = text.split('/', 1)[0]?.toLowerCase() ?? '';
  const address = hosts.includes(begin) && text !== begin ? `https://${text}` : text;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && /^https?:$/.test(url.protocol) && hosts.includes(url.host)) return url;
  throw notAName(`“${shown(text)}” is no address on ${host}`);
}

function readPage(url: URL): Parts {
  const raw = url.pathname.split('/').filter(part => part !== '');
  const isOld = raw.length === 1 || PAGES.includes(raw[1] ?? '');
  const name = isOld ? [raw[0] ?? '', ''] : raw.slice(0, 2);
  const [page = '', revision, ...path] = raw.slice(isOld ? 1 : 2);
  if (!PAGES.includes(page)) return { parts: name, revision: undefined };
  try {
    return {
      parts: [...name, ...path.map(decodeURIComponent)],
      revision: revision === undefined ? undefined : decodeURIComponent(revision),
    };
  } catch {
    throw notAName(`“${shown(url.href)}” is no address`);
  }
}

function readName(text: string): Parts {
  const at = text.indexOf('@');
  const path = at < 0 ? text : text.slice(0, at);
  return { parts: path.split('/'), revision: at < 0 ? undefined : text.slice(at + 1) };
}

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function notAName(what: string) {
  return downloadFailure(
    `${what}: give the name of a model, such as org/name, or the address of its page.`,
  );
}
