import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ModelFile, TEMPLATE_FOLDER } from '../../protocol/modelFiles';
import { regularFile } from '../files/regularFile';
import { readConfiguration } from '../source/configuration';
import type { ChatTemplates } from '../tokenizer/types';
import { isObject, type Json } from './autoTokenizer/tokenizerFiles';

/** The longest templates in use have 20,000 characters. */
const LARGEST_TEMPLATE = 1 << 20;
/** Named templates of one tokenizer; those in use have three. */
const MOST_TEMPLATES = 32;
/** A template that is there and cannot be read. */
class TemplateFileError extends Error {}
const JINJA = /\.jinja$/;

/**
 * The chat templates of a tokenizer, as `from_pretrained` finds them: `chat_template.jinja` and the
 * named ones of `additional_chat_templates`, else `chat_template` of tokenizer_config.json (one, or a
 * list of named ones), else `chat_template.json`.
 * @param named spellings of the named special tokens
 */
export async function chatTemplates(
  folder: string,
  settings: Json,
  named: Readonly<Record<string, string>>,
): Promise<ChatTemplates | undefined> {
  const files = await templateFiles(folder).catch((error: unknown) => {
    if (error instanceof TemplateFileError) return error;
    throw error;
  });
  // Texts can be split without it.
  if (files instanceof Error) return { sources: new Map(), tokens: named, problem: files.message };
  const own = files.size > 0 ? files : listed(settings.chat_template);
  const older = async () =>
    listed((await readConfiguration(folder, ModelFile.olderChatTemplate)).chat_template);
  const sources = own.size > 0 ? own : await older();
  return sources.size > 0 ? { sources, tokens: named } : undefined;
}

async function templateFiles(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const main = await readTemplate(join(folder, ModelFile.chatTemplate));
  if (main !== undefined) found.set('default', main);
  const names = await readdir(join(folder, TEMPLATE_FOLDER)).catch((): string[] => []);
  for (const name of names.filter(one => JINJA.test(one)).sort()) {
    if (found.size >= MOST_TEMPLATES) break;
    const source = await readTemplate(join(folder, TEMPLATE_FOLDER, name));
    if (source !== undefined) found.set(basename(name, '.jinja'), source);
  }
  return found;
}

/** The chat templates that the settings of a tokenizer hold, where no files stand beside them. */
export function templatesIn(settings: Json): ChatTemplates | undefined {
  const sources = listed(settings.chat_template);
  const tokens = Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      return name.endsWith('_token') && typeof value === 'string';
    }),
  );
  return sources.size > 0 ? { sources, tokens } : undefined;
}

/** One template, or a list of named ones; anything else is none. */
function listed(value: unknown): Map<string, string> {
  if (typeof value === 'string') return new Map([['default', value]]);
  const list = Array.isArray(value) ? (value as unknown[]).slice(0, MOST_TEMPLATES) : [];
  return new Map(
    list.flatMap(entry => {
      const { name, template } = isObject(entry) ? entry : {};
      return typeof name === 'string' && typeof template === 'string' ? [[name, template]] : [];
    }),
  );
}

/** A template as Python reads a text file; undefined where there is none. */
async function readTemplate(file: string): Promise<string | undefined> {
  try {
    const { size } = await regularFile(file);
    if (size > LARGEST_TEMPLATE) throw new Error(`it has more than ${LARGEST_TEMPLATE} bytes`);
    return (await readFile(file, 'utf8')).replace(/\r\n?/g, '\n');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateFileError(`${file} cannot be read: ${reason}`, { cause: error });
  }
}
