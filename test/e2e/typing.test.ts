import assert from 'node:assert/strict';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

/** Milliseconds at a stretch that we allow ourselves on the extension host; printed beside what we take. */
const LIMIT = 10;
const LINE = 'The tiger jumped out of a tree to get a drink because it was thirsty.\n';

interface Profile {
  /** Milliseconds: longest stretch of our code, and all of it. */
  readonly longest: number;
  readonly total: number;
  readonly samples: number;
}

interface Lateness {
  readonly ticks: number;
  readonly worst: { readonly late: number; readonly busy: number };
  readonly busiest: number;
  readonly computed: number;
}

describe('typing', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await sharedWindow({
      'attentionDebugger.hover': 'anywhere',
      'attentionDebugger.diagnostics': true,
      'editor.wordBasedSuggestions': 'off',
      'editor.quickSuggestions': { other: 'off' },
    });
    await workbench.open('agreement.txt', { start: 0, end: 0 });
  });

  /** Types into a document; the status bar then says `words`. */
  const type = async (name: string, text: string, words: RegExp) => {
    await workbench.driver.call('openText', { text });
    const item = workbench.page.locator('.statusbar-item', { hasText: /tokens/ });
    await item.waitFor();
    const middle = Math.floor(text.length / 2);
    await workbench.driver.call('select', { start: middle, end: middle });
    await workbench.page.locator('.monaco-editor .view-line').first().waitFor();
    await workbench.page.waitForTimeout(1500);
    await workbench.driver.call('startProfile');
    await workbench.driver.call('startTimer');
    const started = performance.now();
    await workbench.page.keyboard.type('typing goes on and on, ', { delay: 40 });
    await workbench.page.waitForTimeout(1500);
    await workbench.page.keyboard.type('and on. ', { delay: 40 });
    await workbench.page.waitForTimeout(1500);
    const elapsed = performance.now() - started;
    const times = (await workbench.driver.call('stopTimer')) as Lateness;
    const profile = (await workbench.driver.call('stopProfile')) as Profile;
    // One stretch of ours is no longer than the clock says and has no more computing than all have.
    const ours = Math.min(profile.longest, times.busiest);
    console.log(
      `      ${name}: our code computed ${ours.toFixed(1)} ms at a stretch at most (limit ${LIMIT} ms; ` +
        `${profile.longest.toFixed(1)} ms by the clock, all extensions together ` +
        `${times.busiest.toFixed(1)} ms), ${profile.total.toFixed(1)} ms in all; ` +
        `a 10 ms timer was ${times.worst.late.toFixed(1)} ms late at worst`,
    );
    assert.ok(profile.samples > 0 && times.ticks > 0);
    // Splitting such a text on the host's own thread would take a good part of the time. By the clock
    // our code also takes what a busy machine keeps from it, but no more than all that was computed.
    const total = Math.min(profile.total, times.computed);
    assert.ok(total < elapsed / 20, `${total} ms of ${elapsed} ms`);
    await item.filter({ hasText: words }).waitFor();
  };

  it('in a document of 1 MB is not delayed by us; its tokens are counted when asked for', async () => {
    await type('1 MB', LINE.repeat(Math.floor(999_800 / LINE.length)), /… tokens/);
    await workbench.driver.call('startProfile');
    await workbench.driver.call('command', { id: 'attentionDebugger.countTokens' });
    await workbench.page.locator('.statusbar-item', { hasText: /\d{3},\d{3} tokens/ }).waitFor();
    const { longest } = (await workbench.driver.call('stopProfile')) as Profile;
    console.log(
      `      counting 1 MB when asked: our code held the host for ${longest.toFixed(1)} ms`,
    );
    await workbench.picture('typing-dark');
  });

  it('in a document that is counted at every pause is not delayed by us', async () => {
    await type('98 kB', LINE.repeat(1400), /2\d,\d{3} tokens/);
  });
});
