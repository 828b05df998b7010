import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInspector } from '../../../src/inspector/inspector';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';
import { PanelPage, type Theme } from './panelPage';

/** Words that vocabularies of small models are given. */
const WORDS = 'the tiger jumped over a tree by river and slept in sun'.split(' ');
/** Entries of the vocabulary of `test/fixtures/blocks`. */
const BLOCK_VOCABULARY = 53;

/** A text of those words. */
export const BLOCK_TEXT = 'the tiger jumped over a tree by the river and slept in the sun';

/** What follows the parameters of a call to an inspector here. */
export const CALL = [() => undefined, NEVER_CANCELLED] as const;

/** A folder of its own with a copy of a model and a tokenizer that splits at white space. */
export class SpacedModel {
  private constructor(
    readonly inspector: ReturnType<typeof createInspector>,
    readonly summary: CaptureSummary,
    private readonly folder: string,
  ) {}

  /** The run of a text through a model of `test/fixtures/blocks`. */
  static block(name: string): Promise<SpacedModel> {
    const copy = (folder: string) =>
      cpSync(resolve('test/fixtures/blocks', name), folder, { recursive: true });
    return SpacedModel.run(copy, BLOCK_VOCABULARY, BLOCK_TEXT);
  }

  /** @param copy puts the model's files into a folder */
  static async run(
    copy: (folder: string) => void,
    vocabulary: number,
    text: string,
  ): Promise<SpacedModel> {
    const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-spaced-'));
    copy(folder);
    const entries = Array.from(
      { length: vocabulary },
      (_, id) => [WORDS[id - 4] ?? `[${id}]`, id] as const,
    );
    const model = { type: 'WordLevel', vocab: Object.fromEntries(entries), unk_token: '[0]' };
    const tokenizer = { version: '1.0', model, pre_tokenizer: { type: 'WhitespaceSplit' } };
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
    const inspector = createInspector();
    const summary = await inspector.inspect({ model: folder, text, maximumTokens: 32 }, ...CALL);
    return new SpacedModel(inspector, summary, folder);
  }

  /** A panel with the run on show. */
  async panel(theme: Theme): Promise<PanelPage> {
    const { inspector, summary } = this;
    const panel = await PanelPage.open({ capture: 'bridge', inspector, theme });
    await panel.page.evaluate(run => window.host.showRun(run), summary);
    await panel.ready(summary.id);
    return panel;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
