import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { downloadFailure } from './failures';

/** What the variables of the environment say of the Hub, as the Python library reads them. */
export interface HubEnvironment {
  /** Address of the Hub, without a slash at its end. */
  readonly endpoint: string;
  readonly host: string;
  /** Undefined where there is none, or where it would travel in the open. */
  readonly token: AccessToken | undefined;
  /** The folder that holds a folder for each model. */
  readonly cache: string;
}

/** What proves to the Hub who asks. */
export interface AccessToken {
  readonly text: string;
  /** The variable or file that it is from. */
  readonly from: string;
}

export type Variables = Readonly<Record<string, string | undefined>>;

const PUBLIC_HUB = 'https://huggingface.co';
const YES = /^(1|on|yes|true)$/i;
const TOKEN = /^[\x21-\x7e]{1,4096}$/;
const LARGEST_TOKEN_FILE = 64 * 1024;

/**
 * Reads the environment: `HF_ENDPOINT`, `HF_TOKEN` and the token file, `HF_HUB_CACHE` and its kin,
 * `HF_HUB_OFFLINE`.
 * @param home the user's folder
 * @throws InspectorError `download-failed` where it says that nothing may be asked for, or is wrong
 */
export async function hubEnvironment(
  variables: Variables = process.env,
  home: string = homedir(),
): Promise<HubEnvironment> {
  for (const name of ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE']) {
    if (YES.test(variables[name] ?? '')) {
      throw downloadFailure(
        `${name} is set, so nothing is fetched: unset it to download, or open a model that is on this machine.`,
      );
    }
  }
  const endpoint = endpointOf(variables.HF_ENDPOINT);
  const mayCarryToken = endpoint.protocol === 'https:' || isLoopback(endpoint.hostname);
  const place = (name: string) => expanded(variables[name], variables, home);
  const general = expanded(variables.XDG_CACHE_HOME, variables, home) ?? join(home, '.cache');
  const hubHome = place('HF_HOME') ?? join(general, 'huggingface');
  return {
    endpoint: endpoint.href.replace(/\/+$/, ''),
    host: endpoint.host,
    token: mayCarryToken
      ? await readToken(variables, place('HF_TOKEN_PATH') ?? join(hubHome, 'token'))
      : undefined,
    cache: place('HF_HUB_CACHE') ?? place('HUGGINGFACE_HUB_CACHE') ?? join(hubHome, 'hub'),
  };
}

function endpointOf(value = ''): URL {
  const text = value.trim() === '' ? PUBLIC_HUB : value.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === '' && url.password === '' && url.search + url.hash === '';
  if (url && isPlain && /^https?:$/.test(url.protocol)) return url;
  throw downloadFailure(
    `HF_ENDPOINT is no address of a Hub: set it to one such as ${PUBLIC_HUB}, or unset it.`,
  );
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || /^127(\.\d+){3}$/.test(name);
}

async function readToken(variables: Variables, file: string): Promise<AccessToken | undefined> {
  if (YES.test(variables.HF_HUB_DISABLE_IMPLICIT_TOKEN ?? '')) return undefined;
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const text = variables[name]?.trim() ?? '';
    if (text !== '') return checkedToken(text, name);
  }
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || found.size > LARGEST_TOKEN_FILE) return undefined;
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  return text === '' ? undefined : checkedToken(text, file);
}

function checkedToken(text: string, from: string): AccessToken {
  if (TOKEN.test(text)) return { text, from };
  throw downloadFailure(
    `The access token of ${from} holds characters that none has: write it anew, or remove it.`,
  );
}

/** A folder as the environment writes it: `~` and `$NAME` stand for what they stand for in Python. */
function expanded(
  value: string | undefined,
  variables: Variables,
  home: string,
): string | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const full = value
    .replace(/^~(?=[/\\]|$)/, () => home)
    .replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (whole, a?: string, b?: string) => variables[a ?? b ?? ''] ?? whole,
    );
  return resolve(full);
}
