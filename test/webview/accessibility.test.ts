import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { showFindings } from './support/findingsView';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import { ready } from './support/syntheticFindings';

/** The views with the key that opens each; arcs are a picture of the first one. */
const PICTURES = [
  ['Attention', '1', '.map-grid'],
  ['Arcs', 'v', '.head-matrix'],
  ['Computation', '2', '.paused-at b'],
  ['Masking', '3', '.share-row'],
  ['Positions', '4', '.order-token'],
  ['Layers', '5', '.probe-figure svg text'],
  ['Findings', '6', '.evidence-map rect'],
  ['Tokens', '0', '.gloss-column'],
] as const;

/** Opens each picture in turn. */
async function eachPicture(panel: PanelPage, look: (name: string) => Promise<void>): Promise<void> {
  const { page } = panel;
  await showFindings(panel, ready());
  for (const [name, key, sign] of PICTURES) {
    // Some controls read digits and letters themselves.
    await page.evaluate(
      () => document.activeElement instanceof HTMLElement && document.activeElement.blur(),
    );
    await page.keyboard.press(key);
    await page.locator(sign).first().waitFor();
    await look(name);
    if (name === 'Arcs') await page.keyboard.press('v');
  }
}

/** How many pixels the page is too wide. */
const overflow = ({ page }: PanelPage): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe('accessibility', () => {
  after(closeBrowser);

  for (const theme of THEMES) {
    for (const width of [1200, 480]) {
      it(`axe-core finds nothing in any view in ${theme} at ${width} pixels`, async () => {
        const panel = await PanelPage.open({ theme, width });
        const problems: string[] = [];
        await eachPicture(panel, async name => {
          for (const problem of await accessibilityProblems(panel)) {
            problems.push(`${name}: ${problem}`);
          }
        });
        await panel.page.evaluate(() => window.host.emit('command', { name: 'export' }));
        for (const problem of await accessibilityProblems(panel)) problems.push(`menu: ${problem}`);
        await panel.page.keyboard.press('Escape');
        await panel.page.evaluate(() => window.host.emit('command', { name: 'help' }));
        for (const problem of await accessibilityProblems(panel)) problems.push(`help: ${problem}`);
        assert.deepEqual(problems, []);
        assert.deepEqual(await panel.allProblems(), []);
        await panel.close();
      });
    }
  }

  for (const width of [1200, 480]) {
    it(`Tab goes through every view at ${width} pixels, shows where it is, and leaves`, async () => {
      const panel = await PanelPage.open({ width });
      await eachPicture(panel, async name => {
        await panel.page.evaluate(() => {
          if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
          document.body.tabIndex = -1;
          document.body.focus();
          document.body.removeAttribute('tabindex');
        });
        const seen = new Set<string>();
        let stops = 0;
        for (; stops < 120; stops++) {
          await panel.page.keyboard.press('Tab');
          const stop = await panel.page.evaluate(() => {
            const focused = document.activeElement;
            if (!focused || focused === document.body) return null;
            const id = focused.getAttribute('aria-activedescendant');
            const active = id === null ? null : document.getElementById(id);
            const inside = focused.shadowRoot?.activeElement;
            const isDrawn = [focused, active, inside].some(
              one => one && getComputedStyle(one).outlineStyle !== 'none',
            );
            return {
              name: `${focused.tagName} ${focused.className} ${focused.getAttribute('aria-label') ?? focused.textContent}`,
              isShown: isDrawn || active !== null,
              isNamed: (focused.getAttribute('aria-label') ?? focused.textContent) !== '',
            };
          });
          if (!stop || seen.has(stop.name)) break;
          assert.ok(stop.isShown, `${name}: no focus ring on ${stop.name}`);
          seen.add(stop.name);
        }
        assert.ok(stops > 5 && stops < 120, `${name}: ${stops} stops`);
      });
      await panel.close();
    });
  }

  it('nothing sticks out from 300 to 1400 pixels in any view, strange tokens included', async () => {
    for (const capture of ['encoder', 'hostile'] as const) {
      const panel = await PanelPage.open({ capture, width: 1400 });
      await eachPicture(panel, async name => {
        for (const width of [1400, 1080, 1079, 720, 700, 699, 600, 480, 440, 400, 300]) {
          await panel.page.setViewportSize({ width, height: 800 });
          await panel.page.evaluate(
            () => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))),
          );
          assert.ok((await overflow(panel)) <= 0, `${capture}, ${name} at ${width}`);
        }
        await panel.page.setViewportSize({ width: 1400, height: 800 });
      });
      await panel.close();
    }
  });

  it('at 200 % zoom the narrow layout holds', async () => {
    const panel = await PanelPage.open({ width: 600, height: 450, ratio: 2 });
    await eachPicture(panel, async name => {
      assert.ok((await overflow(panel)) <= 0, name);
    });
    const lefts = await panel.page.evaluate(
      () =>
        new Set(
          [...document.querySelectorAll('.pane')].map(pane => pane.getBoundingClientRect().left),
        ).size,
    );
    assert.equal(lefts, 1, 'one column');
    await panel.close();
  });

  it('nothing moves in any view under reduced motion', async () => {
    const panel = await PanelPage.open({ reducedMotion: true });
    await eachPicture(panel, async name => {
      await panel.page.keyboard.press('Alt+ArrowRight');
      assert.equal(await panel.page.evaluate(() => document.getAnimations().length), 0, name);
    });
    await panel.close();
  });

  it('says one sentence for several quick steps', async () => {
    const panel = await PanelPage.open();
    const spoken = '.sentence-band [role="status"]';
    await panel.page.waitForFunction(
      at => document.querySelector(at)?.textContent.startsWith('In layer 3'),
      spoken,
    );
    await panel.page.evaluate(at => {
      const said: string[] = [];
      Object.assign(window, { said });
      const status = document.querySelector(at);
      if (!status) return;
      new MutationObserver(() => said.push(status.textContent)).observe(status, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    }, spoken);
    // In one go: what the browser takes to pass keys on must not count as a rest.
    await panel.page.evaluate(() => {
      const step = { key: 'ArrowUp', code: 'ArrowUp', altKey: true, bubbles: true };
      for (let i = 0; i < 3; i++) document.body.dispatchEvent(new KeyboardEvent('keydown', step));
    });
    await panel.page.waitForFunction(
      at => document.querySelector(at)?.textContent.startsWith('In layer 0'),
      spoken,
    );
    const said = await panel.page.evaluate(() => (window as unknown as { said: string[] }).said);
    assert.equal(said.length, 1, said.join('\n'));
    await panel.close();
  });

  for (const theme of THEMES) {
    it(`axe-core finds nothing in ${theme}: result with tables, failure, empty`, async () => {
      const panel = await PanelPage.open({ theme, capture: 'decoder' });
      await panel.page.keyboard.press('Shift+T');
      await panel.page.locator('table').first().waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.page.evaluate(() => window.host.fail('It stopped.', ['runAgain', 'showLog']));
      await panel.ready('failed');
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.page.evaluate(() => window.host.emit('run', { kind: 'empty' }));
      await panel.ready('empty');
      assert.deepEqual(await accessibilityProblems(panel), []);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }

  it('axe-core finds nothing with two sequences, a narrow panel, and while running', async () => {
    const panel = await PanelPage.open({ capture: 'translation', width: 480 });
    await panel.page.getByRole('radio', { name: 'Cross' }).click();
    assert.deepEqual(await accessibilityProblems(panel), []);
    await panel.page.evaluate(() => window.host.running({ stage: 'running', label: 'Running' }));
    await panel.ready('running');
    assert.deepEqual(await accessibilityProblems(panel), []);
    await panel.close();
  });

  it('targets are at least 24 pixels high and wide', async () => {
    const panel = await PanelPage.open();
    const small = await panel.page.evaluate(() => {
      const targets = 'button, vscode-dropdown, vscode-button, .token, .head-cell, [role="radio"]';
      return [...document.querySelectorAll<HTMLElement>(targets)]
        .filter(element => element.offsetParent !== null)
        .map(element => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 24 || box.height < 24)
        .map(({ element, box }) => `${element.className} ${box.width} × ${box.height}`);
    });
    assert.deepEqual(small, []);
    await panel.close();
  });

  it('speaks the sentence once the locus rests', async () => {
    const panel = await PanelPage.open();
    const spoken = panel.page.locator('.sentence-band [role="status"]');
    await panel.page.waitForFunction(() =>
      document
        .querySelector('.sentence-band [role="status"]')
        ?.textContent.startsWith('In layer 3'),
    );
    await panel.page.keyboard.press('Alt+ArrowUp');
    await panel.page.keyboard.press('Alt+ArrowUp');
    await panel.page.waitForFunction(() =>
      document
        .querySelector('.sentence-band [role="status"]')
        ?.textContent.startsWith('In layer 1'),
    );
    assert.equal(await spoken.getAttribute('aria-live'), 'polite');
    await panel.close();
  });

  it('moves nothing under reduced motion, and keeps the bars in forced colours', async () => {
    const panel = await PanelPage.open({ reducedMotion: true, forcedColors: true });
    await panel.page.evaluate(() =>
      window.host.running({ stage: 'running', label: 'Running 19 tokens' }),
    );
    await panel.ready('running');
    const moving = await panel.page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
    await panel.screenshot('forced-colors');
    await panel.close();
  });
});
