import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import type { AlignedTokenizer } from '../../../src/inspector/tokenizer/types';

/** One chat as transformers renders it and splits it; see test/fixtures/chat/generate.py. */
export interface ChatCase {
  readonly template: string;
  readonly chat: string;
  readonly prompt: boolean;
  readonly error?: string;
  readonly text: string;
  readonly ids: readonly number[];
  /** UTF-16 ranges in `text`, start and end by turns. */
  readonly offsets: readonly number[];
  /** 1 for what the template says that the assistant writes. */
  readonly mask?: readonly number[];
  /** Strings of the messages, and stretches of `text` that come from them: start, end, string, start in it. */
  readonly strings?: readonly string[];
  readonly runs?: readonly (readonly [number, number, number, number])[];
}

export interface PairCase {
  readonly tokenizer: string;
  readonly texts: readonly [string, string];
  readonly ids: readonly number[];
  readonly types: readonly number[];
  readonly sequences: readonly (number | null)[];
  readonly offsets: readonly number[];
}

export interface ChatFixture {
  readonly tokenizers: Readonly<Record<string, Readonly<Record<string, object>>>>;
  /** The tokenizer that reads a template. */
  readonly templates: Readonly<Record<string, string>>;
  readonly documents: Readonly<Record<string, { readonly messages: readonly object[] }>>;
  readonly chats: readonly ChatCase[];
  readonly pairs: readonly PairCase[];
}

const FOLDER = 'test/fixtures/chat';

export async function readFixture(): Promise<ChatFixture> {
  const data = await readFile(join(FOLDER, 'cases.json.gz'));
  return JSON.parse(gunzipSync(data).toString('utf8')) as ChatFixture;
}

/** The source of one of the templates. */
export const templateSource = (name: string): Promise<string> =>
  readFile(join(FOLDER, 'templates', `${name}.jinja`), 'utf8');

/** Opens a folder with these files; what is no text is written as JSON. */
export async function openFolder(
  files: Readonly<Record<string, unknown>>,
): Promise<AlignedTokenizer> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-'));
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(folder, name), text);
  }
  return openTokenizer(folder).finally(() => rm(folder, { recursive: true }));
}
