import assert from 'node:assert/strict';
import { headFacts } from '../../src/inspector/capture/headFacts';
import { weight2 } from '../../src/webview/reading/format';
import { factsOf, ROLE_NAMES, roleText } from '../../src/webview/reading/roles';
import { closeBrowser, PanelPage } from './support/panelPage';
import { realOf } from './support/realNumbers';

const BLOCK = { stack: 'encoder', kind: 'self' } as const;

/** Waits until the roles stand under the heads. */
const rolesShown = ({ page }: PanelPage): Promise<unknown> =>
  page.waitForSelector('.head-role > .glyph', { state: 'attached' });

describe('roles of heads', () => {
  after(closeBrowser);

  it('stand under every head with the numbers of the capture, counted in the legend', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await rolesShown(panel);
    const facts = await headFacts(realOf('encoder'), BLOCK);
    const counts = new Map<string, number>();
    for (const cell of await page.locator('.head-cell').all()) {
      const [layer, head] = await Promise.all(
        ['data-layer', 'data-head'].map(async name => Number(await cell.getAttribute(name))),
      );
      const fact = factsOf(facts, layer ?? -1, head ?? -1);
      assert.ok(fact);
      counts.set(fact.role, (counts.get(fact.role) ?? 0) + 1);
      const name = (await cell.getAttribute('aria-label')) ?? '';
      assert.ok(name.includes(`, ${roleText(fact)}, weight `), name);
      const score = Number.isNaN(fact.score) ? '' : weight2(fact.score);
      assert.equal((await cell.locator('.head-role').textContent()) ?? '', score);
    }
    assert.ok(counts.size >= 4, 'the heads of the recipe differ');
    for (const entry of await page.locator('.role').all()) {
      const role = (await entry.getAttribute('data-role')) ?? '';
      if (role === 'induction' || role === 'duplicate') continue;
      assert.equal(await entry.locator('b').innerText(), String(counts.get(role) ?? 0));
    }
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('filter the overview by click and by keyboard alone; Esc shows all heads again', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await rolesShown(panel);
    const dimmed = (): Promise<number> => page.locator('.head-cell.is-filtered').count();
    await page.locator('.role[data-role="sink"]').click();
    const facts = await headFacts(realOf('encoder'), BLOCK);
    const others = facts.roles.filter(role => role !== 'sink').length;
    assert.equal(await dimmed(), others);
    await page.locator('.role[data-role="sink"]').click();
    assert.equal(await dimmed(), 0);
    await page.keyboard.press('Escape');
    await page.locator('.head-cell.is-head').focus();
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.activeElement?.classList.contains('role'));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const pressed = page.locator('.role[aria-pressed="true"]');
    assert.equal(await pressed.count(), 1);
    assert.ok((await dimmed()) > 0);
    await page.keyboard.press('Escape');
    assert.equal(await dimmed(), 0);
    await panel.close();
  });

  it('say what this text cannot show, and count copies where there are some', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await rolesShown(panel);
    assert.match(
      await panel.text('.role-legend .note'),
      /^Not testable on this text: duplicate token and induction; no token comes twice\.$/,
    );
    assert.equal(await page.locator('.role[data-role="induction"] b').innerText(), '–');
    await panel.showText('encoder', 'the tiger saw the tiger and the tiger saw the tree');
    await page.waitForFunction(() =>
      /^\d+$/.test(document.querySelector('.role[data-role="induction"] b')?.textContent ?? ''),
    );
    assert.equal(await page.locator('.role-legend .note').isVisible(), false);
    await panel.close();
  });

  it('stand on the head’s card and in the sentence', async () => {
    const panel = await PanelPage.open();
    await rolesShown(panel);
    const fact = factsOf(await headFacts(realOf('encoder'), BLOCK), 3, 0);
    assert.ok(fact);
    const card = await panel.text('.head-card .facts');
    assert.ok(card.includes(`Role ${roleText(fact)}`), card);
    assert.ok(card.includes(`Mean entropy ${fact.entropy.toFixed(2)} bits`), card);
    const around = `${weight2(fact.previous)} / ${weight2(fact.current)}`;
    assert.ok(card.includes(`Previous / current token ${around}`), card);
    assert.match(await panel.text('.sentence'), new RegExp(`pattern: ${ROLE_NAMES[fact.role]} `));
    await panel.page.locator('.more > summary').click();
    assert.match(await panel.text('.more'), /Mask none, sees all .*Checked exact$/);
    await panel.close();
  });

  it('read as a table: every head, or those of the filtered roles', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await rolesShown(panel);
    await page.keyboard.press('Shift+T');
    const rows = page.locator('.heads-pane .pane-body > .table').first().locator('tbody tr');
    await rows.nth(23).waitFor();
    assert.equal(await rows.count(), 24);
    await page.locator('.role[data-role="previous"]').click();
    const names = await rows.locator('td:nth-child(2)').allInnerTexts();
    assert.ok(names.length > 0 && names.every(name => name === 'previous token'), names.join());
    await panel.close();
  });

  it('do without a head’s role where layers were refused', async () => {
    const panel = await PanelPage.open({ capture: 'refused' });
    await rolesShown(panel);
    assert.equal(await panel.page.locator('.head-role').count(), 12);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});
