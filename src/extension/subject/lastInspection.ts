import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Chat } from '../../protocol/chat';
import { interventionsSchema } from '../../protocol/intervention';
import type { GivenInterventions } from './given';
import { InspectedText } from './inspectedText';

const KEY = 'lastInspection';
const INTERVENTIONS_KEY = 'lastInterventions';
/** Longer lists, in characters, are not kept: directions are vectors of any length. */
const LONGEST_LIST = 1_000_000;
/** Longer texts are read from their document again. */
const LONGEST_STORED = 20_000;

interface StoredText {
  readonly uri: string;
  readonly start: number;
  readonly length: number;
  readonly text?: string;
  readonly chat?: Chat;
  /** The second text of a pair: its place, or itself where it has none. */
  readonly pair?: StoredText | string;
}

type Stored = StoredText | { readonly file: string };

/** Remembers, per workspace, what was inspected last, so that a window reload brings it back. */
export class LastInspection {
  constructor(private readonly memory: vscode.Memento) {}

  /** Remembers a text and its place. */
  async store(text: InspectedText): Promise<void> {
    const stored = storedText(text);
    await this.memory.update(KEY, stored);
  }

  /** Remembers a capture file. */
  async storeFile(file: string): Promise<void> {
    await this.memory.update(KEY, { file } satisfies Stored);
  }

  /** Remembers the interventions that the text was run with; undefined where it had none. */
  async storeInterventions(given: GivenInterventions | undefined): Promise<void> {
    const fits = given && JSON.stringify(given).length <= LONGEST_LIST;
    await this.memory.update(INTERVENTIONS_KEY, fits ? given : undefined);
  }

  /** Those that were remembered; what another version left behind is none. */
  get interventions(): GivenInterventions | undefined {
    const stored = this.memory.get<GivenInterventions>(INTERVENTIONS_KEY);
    return v.is(interventionsSchema, stored?.list) ? stored : undefined;
  }

  /** The path of the capture file, where one was looked at last. */
  get file(): string | undefined {
    const stored = this.memory.get<Stored>(KEY);
    return stored && 'file' in stored ? stored.file : undefined;
  }

  /** The remembered text, linked to its document where that can be opened. */
  async load(): Promise<InspectedText | undefined> {
    const stored = this.memory.get<Stored>(KEY);
    if (!stored || 'file' in stored) return undefined;
    return loadText(stored);
  }
}

function storedText({ uri, start, text, others: { pair, chat } }: InspectedText): StoredText {
  const second = typeof pair === 'object' ? storedText(pair) : pair;
  return {
    uri: uri.toString(),
    start,
    length: text.length,
    ...(text.length <= LONGEST_STORED ? { text } : {}),
    ...(chat ? { chat } : {}),
    ...(second === undefined ? {} : { pair: second }),
  };
}

async function loadText({ chat, pair, ...stored }: StoredText): Promise<InspectedText | undefined> {
  const uri = vscode.Uri.parse(stored.uri);
  const document = await openDocument(uri);
  const from = document?.positionAt(stored.start);
  const to = document?.positionAt(stored.start + stored.length);
  const present = document && from && to ? document.getText(new vscode.Range(from, to)) : undefined;
  const text = stored.text ?? present;
  const second = typeof pair === 'object' ? await loadText(pair) : pair;
  if (text === undefined || (pair !== undefined && second === undefined)) return undefined;
  return new InspectedText(uri, stored.start, text, {
    ...(second === undefined ? {} : { pair: second }),
    ...(chat ? { chat } : {}),
  });
}

async function openDocument(uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  const key = uri.toString();
  const open = vscode.workspace.textDocuments.find(document => document.uri.toString() === key);
  if (open || uri.scheme === 'untitled') return open;
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}
