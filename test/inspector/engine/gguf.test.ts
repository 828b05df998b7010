import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openModel } from '../../../src/inspector/model/openModel';
import { ScratchFolder } from '../../../src/inspector/weights/scratch/scratchFolder';
import { ggufBytes } from '../../support/ggufBytes';
import {
  casesIn,
  readCase,
  referenceOf,
  repeatHeads,
  worstError,
  type Case,
} from './support/cases';
import { everything } from './support/compare';
import { rejects } from './support/rejects';

const folders = casesIn(join(import.meta.dirname, '../../fixtures/gguf/models'));
const TOLERANCE = 1e-4;

/** What `case.json` of a GGUF model says besides what all cases say. */
interface GgufFacts {
  readonly sites: number;
  /** How far transformers' own reading of the file differs from the reference, or why it cannot read it. */
  readonly transformers_loads: number | string;
}

describe('models in GGUF files equal Hugging Face eager with the weights as gguf-py reads them', () => {
  let scratch: string;
  before(() => (scratch = mkdtempSync(join(tmpdir(), 'gguf-'))));
  after(() => rmSync(scratch, { recursive: true }));

  const open = (file: string, limit?: number) => {
    const folder = join(scratch, `weights ${limit ?? ''}`);
    return openModel(file, {
      threads: 1,
      scratch: new ScratchFolder(folder, limit === undefined ? {} : { limit }),
    });
  };

  /** Runs a case and compares everything that its reference holds. */
  async function compare(example: Case, limit?: number) {
    const facts = example.facts as unknown as GgufFacts;
    const model = await open(join(example.folder, 'model.gguf'), limit);
    try {
      const { sites, outputCheck } = model.card;
      assert.equal(sites.length, facts.sites);
      assert.deepEqual([...new Set(sites.map(({ check }) => check.result))], ['exact']);
      assert.equal(outputCheck.result, 'exact');
      const run = await model.run(example.feeds, everything);
      const errors: Record<string, number> = {};
      const note = (what: string, error: number) => {
        errors[what] = Math.max(errors[what] ?? 0, error);
      };
      for (const [i, site] of run.sites.entries()) {
        const { heads } = site.site;
        const actual = {
          q: site.query,
          k: site.key && repeatHeads(site.key, heads),
          v: site.value && repeatHeads(site.value, heads),
          masked: site.maskedScores,
          weights: site.weights,
        };
        for (const [name, tensor] of Object.entries(actual)) {
          const expected = referenceOf(example, `site.${i}.${name}`);
          assert.ok(expected);
          note(name, worstError(tensor, expected));
        }
      }
      const logits = referenceOf(example, 'logits');
      const last = referenceOf(example, 'last_hidden_state');
      if (logits) note('logits', worstError(run.logits, logits));
      if (last) note('states', worstError(run.hiddenStates.encoder?.at(-1), last));
      assert.equal(Object.keys(errors).length, 6);
      for (const [what, error] of Object.entries(errors)) {
        assert.ok(error <= TOLERANCE, `${what} differ by ${error}`);
      }
      return model.card;
    } finally {
      await model.dispose();
    }
  }

  for (const folder of folders) {
    it(basename(folder), async () => {
      const example = readCase(folder);
      // Where transformers can read the file, it agrees with the reference.
      const read = (example.facts as unknown as GgufFacts).transformers_loads;
      assert.ok(typeof read === 'string' || read < 1e-5);
      await compare(example);
    });
  }

  describe('where all that can be packed is packed, for want of room', () => {
    // Bytes that suffice for levels and not for float32.
    for (const [name, limit, packed] of [
      ['qwen3_q8_0', 60_000, 'int8'],
      ['gemma_q4_1', 60_000, 'int4'],
      ['llama_k', 700_000, 'int4'],
    ] as const) {
      it(name, async () => {
        const example = readCase(folders.find(folder => folder.endsWith(name)) ?? '');
        const { precision } = await compare(example, limit);
        assert.equal(precision, packed);
      });
    }
  });

  describe('opened by their names', () => {
    const file = join(import.meta.dirname, '../../fixtures/gguf/models/llama_q4_0/model.gguf');
    const place = (...parts: string[]) => join(scratch, ...parts);

    it('are called by their files, and where these say nothing by what they say themselves', async () => {
      const blob = place('sha256-0123456789abcdef');
      copyFileSync(file, blob);
      for (const [path, name] of [
        [file, 'model.gguf'],
        [blob, 'Tiny llama_q4_0'],
      ] as const) {
        const model = await open(path);
        await model.dispose();
        assert.equal(model.card.name, name);
        assert.equal(model.card.fileSize, readFileSync(file).length);
        assert.match(
          model.card.notes[0] ?? '',
          /built from the weights of a GGUF file \(architecture “llama”, Q4_0 9\d %, F32 \d %\)\.$/,
        );
      }
    });

    it('are found in a folder of their own', async () => {
      mkdirSync(place('one'));
      copyFileSync(file, place('one', 'tiny-Q4_0.gguf'));
      writeFileSync(place('one', 'mmproj-tiny.gguf'), 'GGUF');
      const model = await open(place('one'));
      await model.dispose();
      assert.equal(model.card.sites.length, 2);
      copyFileSync(file, place('one', 'tiny-Q8_0.gguf'));
      await rejects(
        open(place('one')),
        'model-missing',
        /holds several GGUF files: choose one of them \(tiny-Q4_0\.gguf, tiny-Q8_0\.gguf\)/,
      );
    });

    it('are refused by name where they are something else', async () => {
      const refused = async (name: string, values: Record<string, string>, what: RegExp) => {
        const strings = Object.entries(values).map(
          ([key, value]) => [key, { kind: 'string', value }] as const,
        );
        const tensor = { name: 'a', dims: [1], type: 0, bytes: new Uint8Array(4) };
        writeFileSync(place(name), ggufBytes(Object.fromEntries(strings), [tensor]));
        await rejects(open(place(name)), 'model-unsupported', what);
      };
      const architecture = 'general.architecture';
      await refused(
        'mmproj.gguf',
        { [architecture]: 'clip' },
        /^mmproj\.gguf holds the part of a model that reads images/,
      );
      await refused(
        'lora.gguf',
        { [architecture]: 'llama', 'general.type': 'adapter' },
        /^lora\.gguf holds an adapter/,
      );
      await refused(
        'mamba.gguf',
        { [architecture]: 'mamba' },
        /^mamba\.gguf is of the architecture “mamba”, which is not built/,
      );
      await refused('none.gguf', {}, /does not say which architecture it is of/);
      writeFileSync(place('page.gguf'), '<html>');
      await rejects(open(place('page.gguf')), 'model-broken', /is a web page/);
      writeFileSync(place('text.gguf'), 'GGML');
      await rejects(open(place('text.gguf')), 'model-broken', /does not begin as a GGUF file does/);
    });
  });
});
