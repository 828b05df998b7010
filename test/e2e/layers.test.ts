import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { computingTime, inspectorProcesses, untilIdle } from './support/inspectorProcess';
import { ProbesPane } from './support/probesPane';
import { smallTreebank } from './support/smallTreebank';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

/** Milliseconds that people are promised; printed beside what was measured. */
const CANCEL_LIMIT = 1000;
const STRETCH_LIMIT = 10;
/** Milliseconds that the process may compute until it rests, whatever else the machine does. */
const MOST_COMPUTED = 5000;
const TASKS = 6;
interface Profile {
  /** Milliseconds: longest stretch of our code, and all of it. */
  readonly longest: number;
  readonly total: number;
  readonly samples: number;
}

interface Lateness {
  readonly ticks: number;
  /** The longest that the extension host computed between two ticks, in milliseconds. */
  readonly busiest: number;
  /** All that it computed. */
  readonly computed: number;
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

describe('Layers in VS Code', () => {
  let workbench: Workbench;
  let probes: ProbesPane;
  let capture = '';

  const region = (name: string) =>
    workbench.panel.getByRole('region', { name, exact: true }).locator('visible=true');
  /** Goes to a token and waits for its weights, which the inspector process is asked for; the milliseconds. */
  const goTo = async (text: string): Promise<number> => {
    const started = performance.now();
    await workbench.token(text).click();
    const locus = workbench.panel.locator('.locus', { hasText: new RegExp(`Q\\s*${text}\\s*\\d`) });
    await locus.locator('.number', { hasText: /\d/ }).waitFor();
    return performance.now() - started;
  };
  const onlyInspector = () => {
    const [pid, ...more] = inspectorProcesses(workbench.extensions);
    assert.ok(pid !== undefined && more.length === 0);
    return pid;
  };
  /** Files of fitted probes, with when they were written. */
  const stored = async () => {
    const data = path.join(path.dirname(workbench.folder), 'data');
    const names = await readdir(data, { recursive: true });
    const files = names.filter(name => /probes\/.+\.safetensors$/.test(name));
    return Promise.all(
      files.map(async name => `${name} ${(await stat(path.join(data, name))).mtimeMs}`),
    );
  };

  before(async () => {
    workbench = await sharedWindow();
    probes = new ProbesPane(workbench);
    await workbench.open('agreement.txt', { start: 0, end: 24 });
    await workbench.inspect();
    capture = await workbench.nextResult();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-layers');
  });

  it('shows the probes that come with a model, and what each layer predicts', async () => {
    const { panel } = workbench;
    const started = performance.now();
    await panel.getByRole('tab', { name: 'Layers' }).click();
    await probes.charts.nth(TASKS - 1).waitFor();
    const shown = performance.now() - started;
    assert.equal(await probes.progress.count(), 0, 'nothing is fitted');
    assert.match(await probes.facts.innerText(), /treebank: [\d,]+ sentences, .* fitted in \d/);
    const cells = panel.locator('.lens-pane .state-cell');
    await cells.first().waitFor();
    await panel.locator('.lens-pane:not(:has(.state-cell.unknown))').waitFor();
    assert.match(await panel.locator('.lens-caption').innerText(), /each token masked in turn/);
    const words = await panel.locator('.lens-pane .state-cell:not(.out)').allInnerTexts();
    assert.ok(words.length >= 7 * 6 && words.every(word => word.trim() !== ''), words.join('|'));
    const labels = panel.getByRole('combobox', { name: 'Labels of' });
    assert.equal((await labels.locator('.selected-value').innerText()).trim(), 'Part of speech');
    console.log(
      `      ${TASKS} charts after ${seconds(shown)}, ${words.length} predictions after ` +
        seconds(performance.now() - started),
    );
    await workbench.picture('layers-encoder');
  });

  it('fits probes, answers meanwhile, leaves the extension host free, and stops when told to', async () => {
    const { driver, panel } = workbench;
    const before = await probes.facts.innerText();
    const pid = onlyInspector();
    await untilIdle(pid);
    await driver.call('startProfile');
    await driver.call('startTimer');
    const started = performance.now();
    await probes.fitWith('Bundled treebank');
    await probes.progress.getByText(/Running [\d,]+ of [\d,]+ sentences/).waitFor();
    const answered = await goTo('on');
    await probes.progress.getByText(/^Fitting /).waitFor();
    await workbench.picture('layers-fitting');
    const answeredAgain = await goTo('key');
    const done = Number(await probes.progress.locator('progress').getAttribute('value'));
    assert.ok(done > 0 && done < 1, `${done} of the work`);
    const times = (await driver.call('stopTimer')) as Lateness;
    const profile = (await driver.call('stopProfile')) as Profile;
    const elapsed = performance.now() - started;
    // One stretch of ours is no longer than the clock says and has no more computing than all have.
    const ours = Math.min(profile.longest, times.busiest);
    const clicked = performance.now();
    const computed = computingTime(pid);
    await probes.progress.getByRole('button', { name: 'Cancel' }).click();
    await probes.progress.waitFor({ state: 'detached' });
    const left = performance.now() - clicked;
    await untilIdle(pid);
    const rested = performance.now() - clicked;
    console.log(
      `      ${seconds(elapsed)} of fitting: the panel answered in ${seconds(answered)} while sentences ` +
        `ran and in ${seconds(answeredAgain)} while probes were fitted; our code held the host for ` +
        `${ours.toFixed(1)} ms at a stretch at most (limit ${STRETCH_LIMIT} ms; ` +
        `${profile.longest.toFixed(1)} ms by the clock, all extensions together ` +
        `${times.busiest.toFixed(1)} ms), ${profile.total.toFixed(1)} ms in all`,
    );
    console.log(
      `      cancelled: the view after ${seconds(left)}, the process at rest after ` +
        `${seconds(rested)} (limit ${seconds(CANCEL_LIMIT)}, and 0.2 s to see that it rests)`,
    );
    assert.ok(computingTime(pid) - computed < MOST_COMPUTED);
    assert.ok(profile.samples > 0 && times.ticks > 0);
    // Fitting on the host's own thread would keep it computing for most of the time.
    assert.ok(times.busiest < elapsed / 4, `${times.busiest} ms of ${elapsed} ms`);
    const total = Math.min(profile.total, times.computed);
    assert.ok(total < elapsed / 20, `${total} ms of ${elapsed} ms`);
    assert.equal(onlyInspector(), pid, 'cancelling keeps the process');
    assert.equal(await probes.facts.innerText(), before, 'the stored probes stay');
    assert.equal(await probes.reason.count(), 0);
    assert.deepEqual(await stored(), []);
    await panel.getByRole('button', { name: 'Fit probes…' }).waitFor();
  });

  it('fits probes on a file of people’s own, and has them after a reload', async () => {
    await writeFile(path.join(workbench.folder, 'small.conllu'), await smallTreebank());
    const started = performance.now();
    await probes.fitFile(path.join(workbench.folder, 'small.conllu'));
    await probes.facts.filter({ hasText: 'small.conllu: 60 sentences' }).waitFor();
    const fitted = await probes.facts.innerText();
    const kept = await stored();
    console.log(
      `      60 sentences after ${seconds(performance.now() - started)}, the choice of the file included; ` +
        (/fitted in [\d.]+ m?s/.exec(fitted) ?? ['no time'])[0],
    );
    assert.equal(kept.length, 1);
    assert.equal(await probes.charts.count(), 3);
    await probes.element.getByText(/^Chunks: /).waitFor();
    await workbench.picture('layers-own-treebank');
    await workbench.reloadWindow();
    capture = await workbench.nextResult();
    await probes.facts.filter({ hasText: 'small.conllu' }).waitFor();
    assert.equal(await probes.facts.innerText(), fitted, 'also the time that fitting took');
    assert.equal(await probes.progress.count(), 0);
    assert.deepEqual(await stored(), kept, 'nothing was fitted again');
    await probes.charts.first().waitFor();
  });

  it('says what is wrong with a broken file; the rest of the view stays', async () => {
    const { panel } = workbench;
    await writeFile(
      path.join(workbench.folder, 'broken.conllu'),
      '# text = I am happy\n1\tI\tI\tPRON\n2\tam\tbe\tVERB\n\n',
    );
    await probes.fitFile(path.join(workbench.folder, 'broken.conllu'));
    await probes.reason.filter({ hasText: 'CoNLL-U file cannot be used' }).waitFor();
    const words = await probes.reason.innerText();
    console.log(`      ${words}`);
    assert.match(words, /^The CoNLL-U file cannot be used: line 2 [^.]*\.$/);
    assert.equal(await probes.charts.count(), 0, 'no figures of another file');
    assert.equal(await probes.progress.count(), 0);
    assert.equal(await panel.locator('.failure:visible').count(), 0);
    assert.ok((await panel.locator('.lens-pane .state-cell.here:not(.unknown)').count()) > 0);
    await workbench.picture('layers-broken-treebank');
    await probes.element.getByRole('radio', { name: 'Bundled treebank' }).click();
    await probes.charts.nth(TASKS - 1).waitFor();
    assert.equal(await probes.reason.count(), 0);
  });

  it('another order is run again; without positions it changes nothing', async () => {
    const { panel } = workbench;
    await workbench.openText('I am happy');
    await workbench.inspect();
    capture = await workbench.nextResult(capture);
    await panel.getByRole('tab', { name: 'Positions' }).click();
    await panel.getByRole('radio', { name: 'Both, side by side' }).click();
    await panel.getByText('Reverse', { exact: true }).click();
    const result = (side: string) => panel.getByRole('region', { name: `Result ${side}` });
    const said = (side: string, words: RegExp) =>
      result(side).locator('.order-sentence').filter({ hasText: words });
    await said('own', /of a token’s weight moves on average, most in layer \d/).waitFor();
    await said('equal', /No weight moves.* The output stays the same at every token\./).waitFor();
    console.log(`      own: ${await result('own').locator('.order-sentence').innerText()}`);
    const rows = await result('own').locator('.predictions tbody tr').allInnerTexts();
    assert.ok(rows.length > 0);
    const changed = rows.map(row => row.split('\t')).filter(([, , was, , is]) => was !== is);
    assert.ok(changed.length > 0, rows.join('; '));
    const order = await panel.locator('.order-token .token-text').allInnerTexts();
    assert.deepEqual(order.slice(1, -1), ['happy', 'am', 'I'], order.join(' '));
    await workbench.picture('positions-order');
  });

  it('a decoder writes on step by step, and takes steps back', async () => {
    const { panel } = workbench;
    await panel.getByRole('combobox', { name: 'Model' }).click();
    await panel.getByRole('option', { name: 'Decoder', exact: true }).click();
    capture = await workbench.nextResult(capture);
    await panel.getByRole('tab', { name: 'Layers' }).click();
    const next = region('Next token');
    const count = () => workbench.tokens.count();
    const start = await count();
    for (const steps of [1, 2]) {
      const taken = next.locator('.candidates [aria-checked="true"] .bar-name');
      await next
        .locator('.cell-title', { hasText: new RegExp(`\\s${start + steps - 2}$`) })
        .waitFor();
      const text = await taken.innerText();
      await next.getByRole('button', { name: 'Step', exact: true }).click();
      capture = await workbench.nextResult(capture);
      const last = start + steps - 1;
      await panel.locator(`.strip .token.is-query[data-index="${last}"]`).waitFor();
      assert.equal(await count(), start + steps);
      const chip = await workbench.tokens.nth(last).locator('.chip').innerText();
      assert.equal(chip.trim(), text.replace(/^·/, ''));
      assert.ok((await panel.locator('.locus').innerText()).includes(String(last)));
    }
    await workbench.picture('layers-generation');
    await next.getByRole('button', { name: 'Step back' }).click();
    capture = await workbench.nextResult(capture);
    await workbench.tokens.nth(start + 1).waitFor({ state: 'detached' });
    assert.equal(await count(), start + 1);
  });

  it('causes no errors in the panel', () => {
    assert.deepEqual(workbench.log.errors, []);
  });
});
