/*
 * Writes treebank.conllu: node --import tsx models/treebank/generate.ts [--seed N] [--out FILE]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Context } from './context';
import type { Split } from './lexicon';
import { coordination } from './templates/coordination';
import { coreferent } from './templates/coreferent';
import { degrees } from './templates/degrees';
import { questions } from './templates/questions';
import { relatives } from './templates/relatives';
import { speech } from './templates/speech';
import { statements } from './templates/statements';
import { subordinate } from './templates/subordinate';
import type { Template } from './templates/template';
import { comments, write } from './write';

export const defaultSeed = 20260;
const sizes: readonly (readonly [Split, number])[] = [
  ['train', 2400],
  ['dev', 330],
  ['test', 670],
];
const longest = 32;

/** The templates of all files. */
export const templates: readonly Template[] = [
  ...statements,
  ...questions,
  ...degrees,
  ...subordinate,
  ...relatives,
  ...coordination,
  ...speech,
  ...coreferent,
];

/** The whole treebank as CoNLL-U text; the same seed gives the same text. */
export function generate(seed = defaultSeed): string {
  const seen = new Set<string>();
  const out: string[] = [];
  let attempt = 0;
  for (const [split, size] of sizes) {
    const usable = templates.filter(each => each.only === undefined || each.only === split);
    let made = 0;
    while (made < size) {
      const ctx = new Context(seed + 7919 * attempt++, split);
      const template = ctx.weighted(usable, each => each.weight);
      const { text, lines } = write(ctx, template.make(ctx));
      if (seen.has(text) || lines.length > longest) continue;
      seen.add(text);
      made++;
      out.push(
        ...comments(`${split}-${made}-${template.name.replaceAll(' ', '-')}`, split, text),
        ...lines,
        '',
      );
    }
  }
  return `${out.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, out: { type: 'string' } },
  });
  const out = values.out ?? join(import.meta.dirname, 'treebank.conllu');
  writeFileSync(out, generate(Number(values.seed ?? defaultSeed)));
}
